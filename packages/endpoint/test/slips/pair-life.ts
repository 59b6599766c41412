/** The life of a client and a server of ours, in which one function of a program, or of the host, makes a slip. */
import {
  type Connection,
  type Dial,
  type HostOptions,
  listenWith,
  memoryTransportPair,
  type MemoryTransport,
  type NoContext,
  openConnection,
  type OpenOptions,
  type ServerOptions,
} from "@ws/endpoint";
import { permessageDeflate } from "@ws/protocol/pako";
import { expect } from "vitest";

import type { Acceptor } from "../../src/server.ts";
import { settle } from "../support/clock.ts";
import { manualHost } from "../support/pair.ts";
import { uncaught, type Slipping } from "./life.ts";
import type { Reach, Slip } from "./slip.ts";

export interface Programs {
  readonly client?: OpenOptions | undefined;
  readonly server?: ServerOptions | undefined;
  readonly host?: Partial<HostOptions> | undefined;
  readonly dial?: ((usual: MemoryTransport) => unknown) | undefined;
  /** A message that is sent in pieces. */
  readonly source?: unknown;
}

export type PairPlace = (slipping: Slipping) => Programs;

export async function livePair(place: PairPlace, slip: Slip): Promise<number> {
  const reach: Reach = { connections: new Set() };
  uncaught.length = 0;
  let calls = 0;
  const programs = place(((usual: (...all: unknown[]) => unknown = () => undefined) =>
    (...all: unknown[]) => {
      calls++;
      return calls > 4 && slip.isCall === true ? usual(...all) : slip.act(reach, () => usual(...all));
    }) as Slipping);
  const { clock, host, group } = manualHost({ deflate: permessageDeflate, ...programs.host });
  const onError = (): undefined => undefined;
  let acceptor!: Acceptor<MemoryTransport>;
  const server = await listenWith<NoContext, MemoryTransport>(
    host,
    { open: (accepts) => ((acceptor = accepts), { port: 1, hostname: "a", close: () => undefined }) },
    { onError, ...programs.server },
    { message: (connection, message) => void connection.send(message) },
  );
  reach.server = server;
  const [near, far] = memoryTransportPair(clock);
  acceptor.accept(far);
  const dial = programs.dial === undefined ? () => near : () => programs.dial!(near);
  let opened: Connection | undefined;
  let settled = false;
  const opening = openConnection(
    host,
    { host: "a", target: "/" },
    dial as Dial,
    { onError, ...programs.client },
    {
      open: (connection) => void reach.connections.add(connection),
      message: () => undefined,
    },
  );
  void opening.then(
    (connection) => ((opened = connection), (settled = true)),
    () => (settled = true),
  );
  await settle();
  for (const connection of server.connections) reach.connections.add(connection);
  let streamed = true;
  if (opened !== undefined) {
    for (const message of ["a".repeat(300), new Uint8Array(300)]) attempt(() => opened!.send(message));
    if (programs.source !== undefined) {
      streamed = false;
      const done = (): void => void (streamed = true);
      void opened.sendStream(programs.source as never).then(done, done);
    }
    await clock.advance(2_000);
    attempt(() => void opened!.ping().catch(() => undefined));
    attempt(() => opened!.close(1000));
  }
  await clock.advance(60_000);
  let closed = false;
  const end = (): void => void (closed = true);
  void server.close({ timeout: 1_000 }).then(end, end);
  await clock.advance(60_000);
  expect([settled, closed, streamed], "promises settle").toEqual([true, true, true]);
  for (const connection of reach.connections) expect(connection.state).toBe("closed");
  if (!near.closed) near.destroy();
  await clock.advance(10);
  expect([far.closed, group.deadlines.size, server.connections.size], "nothing is left").toEqual([true, 0, 0]);
  expect(uncaught.splice(0), "nothing is left unhandled").toEqual([]);
  return calls;
}

function attempt(call: () => unknown): void {
  try {
    call();
  } catch {
    // What a port of the host throws reaches whoever called.
  }
}
