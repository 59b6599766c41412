/** Everything that the connections of one server share, resolved and checked once. */
import { assertServerHandshakeOptions, type ServerHandshakeOptions } from "@ws/protocol/handshake";

import type { Connection } from "../connection/connection.ts";
import { checkAccept, type Names } from "../connection/known-options.ts";
import type { AnyAnswer, ContextOf } from "../connection/answer.ts";
import type { AcceptOptions, ConnectionHandler, ConnectionHandlers, Upgrade } from "../connection/options.ts";
import { resolveSettings, type Settings } from "../connection/settings.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { Program } from "../driver/program.ts";

export interface AcceptPlan {
  readonly group: DriverGroup;
  readonly settings: Settings;
  readonly handshake: ServerHandshakeOptions;
  readonly upgrade: Upgrade<AnyAnswer> | undefined;
  /** The handlers and `onError`. */
  readonly program: Program;
  /** Function style. */
  readonly run: ((connection: Connection<unknown>) => unknown) | undefined;
  readonly onRefused: AcceptOptions["onRefused"];
}

/** @throws TypeError, RangeError for options that cannot work */
export function acceptPlan<A extends AnyAnswer>(
  group: DriverGroup,
  options: AcceptOptions<A>,
  handler: ConnectionHandler<ContextOf<A>> | undefined,
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
    // What is typed by its context outside is carried as unknown inside: only `upgrade` makes one, only the program reads it.
    program: new Program(group, handlers as ConnectionHandlers | undefined, options.onError, settings.inspect),
    run: typeof handler === "function" ? (handler as (connection: Connection) => unknown) : undefined,
    onRefused: options.onRefused,
  };
}
