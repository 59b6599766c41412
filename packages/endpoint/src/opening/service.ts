/** What a connection is served by, in either role: handlers or a function, and the options that go with them. */
import type { ConnectionHandler, ConnectionHandlers } from "../connection/handlers.ts";
import type { Connection } from "../connection/connection.ts";
import type { AcceptOptions } from "../connection/options.ts";
import type { Settings } from "../connection/settings.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { Program } from "../driver/program.ts";

export interface Service {
  readonly settings: Settings;
  /** The handlers and `onError`. */
  readonly program: Program;
  /** Function style. */
  readonly run: ((connection: Connection) => unknown) | undefined;
}

export function serviceBy(
  group: DriverGroup,
  settings: Settings,
  handler: ConnectionHandler<never> | undefined,
  onError: AcceptOptions["onError"],
): Service {
  // What is typed by its context outside is carried as unknown inside: only `upgrade` makes one, only the program reads it.
  return {
    settings,
    program: new Program(group, handlersOf(handler) as ConnectionHandlers | undefined, onError, settings.inspect),
    run: typeof handler === "function" ? (handler as (connection: Connection) => unknown) : undefined,
  };
}

/** Undefined for a function, and without a handler: iterator style. */
export function handlersOf(handler: ConnectionHandler<never> | undefined): ConnectionHandlers<never> | undefined {
  return typeof handler === "function" ? undefined : handler;
}
