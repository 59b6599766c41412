import {
  acceptConnection,
  memoryTransportPair,
  type AcceptOptions,
  type Connection,
  type ConnectionHandler,
  type MemoryTransport,
  type PipeOptions,
} from "@ws/endpoint";

import type { DriverGroup } from "../../src/driver/driver-group.ts";
import { settle, type ManualClock } from "./clock.ts";
import { noting } from "./failed-assertions.ts";
import { manualHost } from "./pair.ts";
import { RawPeer, UPGRADE } from "./raw.ts";

export interface RawConnection {
  clock: ManualClock;
  group: DriverGroup;
  printed: unknown[];
  peer: RawPeer;
  connection: Connection;
  transport: MemoryTransport;
}

/** A connection of ours, in the role of the server, whose peer writes and reads bytes. */
export async function openRaw(options: AcceptOptions = {}, handler?: ConnectionHandler, pipe?: PipeOptions): Promise<RawConnection> {
  const { clock, host, group, printed } = manualHost({ poisonBorrowed: true });
  const [near, far] = memoryTransportPair(clock, pipe);
  const peer = new RawPeer(near);
  peer.write(UPGRADE);
  const connection = await acceptConnection(host, far, noting(options), handler);
  await settle();
  peer.take();
  far.writes = 0;
  return { clock, group, printed, peer, connection, transport: far };
}
