/** What a driver is made of, and the engine that follows from it. */
import { ConnectionEngine, type MessageTransform } from "@ws/protocol";

import type { Connection } from "../connection/connection.ts";
import type { Settings } from "../connection/settings.ts";
import type { Transport } from "../ports/transport.ts";
import type { DriverGroup } from "./driver-group.ts";
import type { Program } from "./program.ts";

export interface DriverOptions {
  readonly group: DriverGroup;
  readonly transport: Transport;
  readonly role: "client" | "server";
  readonly settings: Settings;
  readonly program: Program;
  readonly transform: MessageTransform | undefined;
  /** Called once, when the connection is over and the transport released. `isDelivered`: the program has been told, too. */
  readonly onReleased?: ((connection: Connection<unknown>, isDelivered: boolean) => void) | undefined;
  /** Called once, when the program has been told of the end and the promise of its handler is settled. */
  readonly onDelivered?: ((connection: Connection<unknown>) => void) | undefined;
}

export function engineOf(
  { role, transform, settings, group, program }: DriverOptions,
  now: number,
  owner: { readonly connection: Connection<unknown> },
): ConnectionEngine {
  return new ConnectionEngine({
    role,
    now,
    randomUint32: group.randomUint32,
    limits: settings.limits,
    transform,
    keepAlive: settings.keepAlive,
    closeTimeout: settings.closeTimeout,
    utf8: group.utf8,
    mask: group.mask,
    lenient: settings.lenient,
    streaming: settings.streaming,
    borrow: settings.borrow,
    arena: group.arena,
    onHeader: program.inspects ? (header, direction): void => program.inspect(header, direction, owner.connection) : undefined,
  });
}
