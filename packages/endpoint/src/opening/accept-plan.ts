/** Everything that the connections of one server share, resolved and checked once. */
import { assertServerHandshakeOptions, type HeadDecoderOptions, type ServerHandshakeOptions } from "@ws/protocol/handshake";

import { checkHandler } from "../connection/known-options.ts";
import type { AnyAnswer, ContextOf } from "../connection/answer.ts";
import type { AcceptOptions, ConnectionHandler, Upgrade } from "../connection/options.ts";
import { isStreaming, resolveSettings } from "../connection/settings.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { handlersOf, type Service, serviceBy } from "./service.ts";

export interface AcceptPlan extends Service {
  readonly group: DriverGroup;
  readonly head: HeadDecoderOptions;
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

/**
 * @param options and the handler have been checked by name and kind
 * @throws TypeError, RangeError for options that cannot work
 */
export function acceptPlan<A extends AnyAnswer>(
  group: DriverGroup,
  options: AcceptOptions<A>,
  handler: ConnectionHandler<ContextOf<A>> | undefined,
): AcceptPlan {
  const { subprotocols, subprotocolOrder, allowedOrigins, upgrade, onRefused, onError } = options;
  const settings = resolveSettings(options, handlersOf(handler), group.deflate);
  const { limits, lenient } = settings;
  const head: HeadDecoderOptions = { maxHeadBytes: limits.maxHeadBytes, maxHeaders: limits.maxHeaders, lenient, utf8: group.utf8 };
  const handshake: ServerHandshakeOptions = {
    lenient,
    ...(subprotocols && { subprotocols }),
    ...(subprotocolOrder && { subprotocolOrder }),
    ...(allowedOrigins !== undefined && typeof allowedOrigins !== "function" && { allowedOrigins }),
  };
  assertServerHandshakeOptions(handshake);
  /** Routes answer with the same few handlers. */
  const services = new WeakMap<object, Service>();
  const serviceOf = (given: unknown): Service => {
    const known = services.get(given as object);
    if (known !== undefined) return known;
    checkHandler(given);
    const handler = given as ConnectionHandler<never>;
    const streaming = isStreaming(options, handlersOf(handler));
    const service = serviceBy(group, streaming === settings.streaming ? settings : { ...settings, streaming }, handler, onError);
    services.set(handler, service);
    return service;
  };
  return { ...serviceBy(group, settings, handler, onError), group, head, handshake, allowedOrigins, upgrade, onRefused, serviceOf };
}
