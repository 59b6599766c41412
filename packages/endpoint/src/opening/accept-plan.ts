/** Everything that the connections of one server share, resolved and checked once. */
import { assertServerHandshakeOptions, type ServerHandshakeOptions } from "@ws/protocol/handshake";

import type { Connection } from "../connection/connection.ts";
import { checkAccept, type Names } from "../connection/known-options.ts";
import type { AcceptOptions, ConnectionHandler, ConnectionHandlers } from "../connection/options.ts";
import { resolveSettings, type Settings } from "../connection/settings.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { Program } from "../driver/program.ts";

export interface AcceptPlan {
  readonly group: DriverGroup;
  readonly settings: Settings;
  readonly handshake: ServerHandshakeOptions;
  readonly upgrade: AcceptOptions<unknown>["upgrade"];
  /** The handlers and `onError`. */
  readonly program: Program;
  /** Function style. */
  readonly run: ((connection: Connection<unknown>) => unknown) | undefined;
  readonly onRefused: AcceptOptions<unknown>["onRefused"];
}

/** @throws TypeError, RangeError for options that cannot work */
export function acceptPlan<Context>(
  group: DriverGroup,
  options: AcceptOptions<Context>,
  handler: ConnectionHandler<Context> | undefined,
  known?: Names,
): AcceptPlan {
  checkAccept(options, handler, known);
  const { subprotocols, subprotocolOrder, allowedOrigins: origin } = options;
  const handshake: ServerHandshakeOptions = {
    ...(subprotocols && { subprotocols }),
    ...(subprotocolOrder && { subprotocolOrder }),
    ...(origin !== undefined && { allowedOrigins: origin }),
  };
  assertServerHandshakeOptions(handshake);
  const handlers = typeof handler === "function" ? undefined : handler;
  const settings = resolveSettings(options, handlers, group.deflate);
  return {
    group,
    settings,
    handshake,
    upgrade: options.upgrade,
    // What is typed by Context outside is carried as unknown inside: only `upgrade` makes one, only the program reads it.
    program: new Program(
      group,
      handlers as ConnectionHandlers<unknown> | undefined,
      options.onError as ConstructorParameters<typeof Program>[2],
      settings.inspect,
    ),
    run: typeof handler === "function" ? (handler as (connection: Connection<unknown>) => unknown) : undefined,
    onRefused: options.onRefused,
  };
}
