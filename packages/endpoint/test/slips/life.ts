/** The life of a server and of one connection, in which one function of the program makes a slip: what has to hold whatever that is. */
import { Opcode } from "@ws/codec";
import {
  type Connection,
  type ConnectionHandler,
  type HostOptions,
  listenWith,
  type Listener,
  memoryTransportPair,
  type MemoryTransport,
  type NoContext,
  type ServerOptions,
} from "@ws/endpoint";
import { permessageDeflate } from "@ws/protocol/pako";
import { expect } from "vitest";

import type { Acceptor } from "../../src/server.ts";
import type { ManualClock } from "../support/clock.ts";
import { manualHost } from "../support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "../support/raw.ts";
import type { Reach, Slip } from "./slip.ts";

/** What the program gives, with the slip in one place of it. */
export interface Program {
  readonly options?: ServerOptions | undefined;
  readonly handler?: ConnectionHandler | undefined;
  readonly host?: Partial<HostOptions> | undefined;
  readonly listener?: Partial<Listener> | undefined;
  /** Lines of the request. */
  readonly lines?: string | undefined;
}

/** Where the function stands. `usual`: what it does elsewhere. */
export type Place = (slipping: Slipping) => Program;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- it stands for functions of any type
export type Slipping = (usual?: (...all: any[]) => unknown) => never;

/** What nobody handled, in words: the thing itself may not bear to be looked at. */
export const uncaught: string[] = [];
const note = (error: unknown): void => {
  try {
    uncaught.push(error instanceof Error ? String(error.stack) : String(error));
  } catch {
    uncaught.push("what cannot be told");
  }
};
process.on("unhandledRejection", note);
process.on("uncaughtExceptionMonitor", note);

export interface Lived {
  /** What the peer was answered first. */
  readonly status: string;
  readonly calls: number;
  readonly connections: readonly Connection[];
}

export async function live(place: Place, slip: Slip, lines = ""): Promise<Lived> {
  const reach: Reach = { connections: new Set() };
  uncaught.length = 0;
  let calls = 0;
  const program = place(((usual: () => unknown = () => undefined) =>
    () => {
      calls++;
      for (const connection of reach.server?.connections ?? []) reach.connections.add(connection);
      // A program that answers each of its own calls by another has no end, and is not ours to end.
      return calls > 4 && slip.isCall === true ? usual() : slip.act(reach, usual);
    }) as never);
  const { clock, host, group } = manualHost({ deflate: permessageDeflate, ...program.host });
  let acceptor!: Acceptor<MemoryTransport>;
  const server = await listenWith<NoContext, MemoryTransport>(
    host,
    {
      open: (accepts) => {
        acceptor = accepts as Acceptor<MemoryTransport>;
        return { port: 1, hostname: "a", close: () => undefined, ...program.listener };
      },
    },
    { onError: () => undefined, ...program.options },
    program.handler ?? { message: (connection, message) => void connection.send(message) },
  );
  reach.server = server;
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(near);
  acceptor.accept(far);
  peer.write(UPGRADE.replace("\r\n\r\n", `\r\n${lines}${program.lines ?? ""}\r\n`));
  await clock.settle();
  const status = peer.takeText().slice(0, 12);
  for (const connection of server.connections) reach.connections.add(connection);
  await talk(peer, reach, clock);
  let closed = false;
  void server.close({ timeout: 1_000 }).then(
    () => (closed = true),
    () => (closed = true),
  );
  await clock.advance(60_000);
  expect(closed, "server.close settles").toBe(true);
  expect([far.closed, group.deadlines.size, clock.pending, server.connections.size], "nothing is left").toEqual([true, 0, 0, 0]);
  for (const connection of reach.connections) expect(connection.state).toBe("closed");
  expect(uncaught.splice(0), "nothing is left unhandled").toEqual([]);
  return { status, calls, connections: [...reach.connections] };
}

async function talk(peer: RawPeer, reach: Reach, clock: ManualClock): Promise<void> {
  for (const connection of reach.connections) connection.send(new Uint8Array(10));
  peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.PING, "p"), clientFrame(Opcode.BINARY, "b"));
  await clock.advance(10);
  peer.write(clientFrame(Opcode.TEXT, "c", false), clientFrame(Opcode.CONTINUATION, "d"));
  await clock.advance(2_000);
  peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
  await clock.advance(10);
  peer.transport.end();
  await clock.advance(10);
}
