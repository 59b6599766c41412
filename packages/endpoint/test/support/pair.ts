import {
  acceptConnection,
  createHost,
  memoryTransportPair,
  openConnection,
  type AcceptOptions,
  type Connection,
  type ConnectionHandler,
  type Host,
  type HostOptions,
  type MemoryTransport,
  type OpenOptions,
  type PipeOptions,
} from "@ws/endpoint";

import type { DriverGroup } from "../../src/driver/driver-group.ts";
import { groupOf } from "../../src/driver/host.ts";
import { ManualClock, settle } from "./clock.ts";
import { noteAssertion, noting } from "./failed-assertions.ts";

/** A host with a manual clock and with randomness that is the same in each run, and the group of its connections. */
export function manualHost(options: Partial<HostOptions> = {}): { clock: ManualClock; host: Host; group: DriverGroup; printed: unknown[] } {
  const clock = new ManualClock();
  const printed: unknown[] = [];
  let seed = 1;
  const host = createHost({
    clock,
    fillRandom: (bytes) => {
      for (let index = 0; index < bytes.length; index++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        bytes[index] = seed >>> 24;
      }
    },
    printError: (error) => {
      noteAssertion(error);
      printed.push(error);
    },
    ...options,
  });
  return { clock, host, group: groupOf(host), printed };
}

export interface PairOptions {
  server?: AcceptOptions;
  client?: OpenOptions;
  clientHandler?: ConnectionHandler<undefined>;
  handler?: ConnectionHandler;
  toServer?: PipeOptions;
  toClient?: PipeOptions;
  host?: Partial<HostOptions>;
}

export interface Pair {
  clock: ManualClock;
  group: DriverGroup;
  printed: unknown[];
  client: Connection;
  server: Connection;
  clientTransport: MemoryTransport;
  serverTransport: MemoryTransport;
}

/** Two connections of ours, joined in memory. */
export async function openPair(options: PairOptions = {}): Promise<Pair> {
  const { clock, host, group, printed } = manualHost(options.host);
  const [clientTransport, serverTransport] = memoryTransportPair(clock, options.toServer, options.toClient);
  const accepted = acceptConnection(host, serverTransport, noting(options.server), options.handler);
  const opened = openConnection(
    host,
    { host: "example.com", target: "/chat" },
    () => clientTransport,
    noting(options.client),
    options.clientHandler,
  );
  if (options.toServer?.delay !== undefined || options.toClient?.delay !== undefined) await clock.run(200);
  const [server, client] = await Promise.all([accepted, opened]);
  await settle();
  return { clock, group, printed, client, server, clientTransport, serverTransport };
}

/** Closes, and checks that nothing is left behind. */
export async function closePair(pair: Pair): Promise<void> {
  pair.client.close(1000);
  await pair.clock.advance(20_000);
  if (!pair.clientTransport.closed || !pair.serverTransport.closed) throw new Error("a transport is left open");
  if (pair.group.deadlines.size !== 0 || pair.clock.pending !== 0) throw new Error("a timer is left");
}

/** What arrives of a string: lone surrogates become U+FFFD. */
export function wellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
