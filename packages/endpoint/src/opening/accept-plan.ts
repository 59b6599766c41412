/** Everything that the connections of one server share, resolved and checked once. */
import { assertServerHandshakeOptions, type ServerHandshakeOptions } from "@ws/protocol/handshake";

import type { Connection } from "../connection/connection.ts";
import type { Names } from "../connection/check-options.ts";
import { checkAccept, checkHandler } from "../connection/known-options.ts";
import type { AnyAnswer, ContextOf } from "../connection/answer.ts";
import type { AcceptOptions, ConnectionHandler, ConnectionHandlers, Upgrade } from "../connection/options.ts";
import { isStreaming, resolveSettings, type Settings } from "../connection/settings.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { Program } from "../driver/program.ts";

export interface AcceptPlan extends Service {
  readonly group: DriverGroup;
  /** But for an `allowedOrigins` that is the program's function. */
  readonly handshake: ServerHandshakeOptions;
  readonly allowedOrigins: AcceptOptions["allowedOrigins"];
  readonly upgrade: Upgrade<AnyAnswer> | undefined;
  readonly onRefused: AcceptOptions["onRefused"];
  /**
   * What serves a connection whose answer has a handler of its own.
   *
   * @throws TypeError when it is none, or does not go with the options
   */
  serviceOf(handler: unknown): Service;
}

/** What a connection is served by. */
export interface Service {
  readonly settings: Settings;
  /** The handlers and `onError`. */
  readonly program: Program;
  /** Function style. */
  readonly run: ((connection: Connection) => unknown) | undefined;
}

/** @throws TypeError, RangeError for options that cannot work */
export function acceptPlan<A extends AnyAnswer>(
  group: DriverGroup,
  options: AcceptOptions<A>,
  handler: ConnectionHandler<ContextOf<A>> | undefined,
  known?: Names,
): AcceptPlan {
  checkAccept(options, handler, known);
  const { subprotocols, subprotocolOrder, allowedOrigins, upgrade, onRefused, onError } = options;
  const handshake: ServerHandshakeOptions = {
    ...(subprotocols && { subprotocols }),
    ...(subprotocolOrder && { subprotocolOrder }),
    ...(allowedOrigins !== undefined && typeof allowedOrigins !== "function" && { allowedOrigins }),
  };
  assertServerHandshakeOptions(handshake);
  const settings = resolveSettings(options, handlersOf(handler), group.deflate);
  // What is typed by its context outside is carried as unknown inside: only `upgrade` makes one, only the program reads it.
  const serviceBy = (handler: ConnectionHandler<never> | undefined, settings: Settings): Service => ({
    settings,
    program: new Program(group, handlersOf(handler) as ConnectionHandlers | undefined, onError, settings.inspect),
    run: typeof handler === "function" ? (handler as (connection: Connection) => unknown) : undefined,
  });
  /** Routes answer with the same few handlers. */
  const services = new WeakMap<object, Service>();
  const serviceOf = (given: unknown): Service => {
    const known = services.get(given as object);
    if (known !== undefined) return known;
    checkHandler(given);
    const handler = given as ConnectionHandler<never>;
    const service = serviceBy(handler, { ...settings, streaming: isStreaming(options, handlersOf(handler)) });
    services.set(handler, service);
    return service;
  };
  return { ...serviceBy(handler, settings), group, handshake, allowedOrigins, upgrade, onRefused, serviceOf };
}

function handlersOf(handler: ConnectionHandler<never> | undefined): ConnectionHandlers<never> | undefined {
  return typeof handler === "function" ? undefined : handler;
}
