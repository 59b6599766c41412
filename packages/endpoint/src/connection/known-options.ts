/**
 * The options of servers and clients, and the handlers, by name and kind: what is none of them is a TypeError (check-options.ts). Looked at where a
 * program gives them, not for each connection of a server.
 */
import type { DeflateOptions } from "@ws/protocol/deflate";

import type { AcceptOptions, ConnectionHandlers, ConnectionOptions, OpenOptions, ServerOptions } from "./options.ts";
import { checkNames, checkValue, type KnownOptions, type Names, ownersOf, proposed, takeOptions } from "./check-options.ts";
import * as kinds from "./option-kinds.ts";
import type { Kind } from "./option-kinds.ts";
import type { ClientLeniencies, ServerLeniencies } from "./leniencies.ts";
import { isNearly } from "./nearest-name.ts";

/** Of permessage-deflate. */
export const deflateOptions: KnownOptions<DeflateOptions> = {
  level: kinds.number,
  memLevel: kinds.number,
  windowBits: kinds.number,
  history: kinds.number,
  threshold: kinds.number,
  serverNoContextTakeover: kinds.flag,
  clientNoContextTakeover: kinds.flag,
  serverMaxWindowBits: kinds.number,
  clientMaxWindowBits: kinds.number,
  offers: kinds.any,
};

/** `compress`, by whichever name. */
export const compress: Kind = {
  ...kinds.recordOf(deflateOptions),
  expected: "true, false or an object",
  accepts: (value) => typeof value === "boolean" || kinds.record.accepts(value),
};

const serverLeniencies: KnownOptions<ServerLeniencies> = {
  nonMinimalLengths: kinds.flag,
  emptyHandshakeFields: kinds.flag,
  strayKeyBits: kinds.flag,
  leadingEmptyLines: kinds.flag,
};

const clientLeniencies: KnownOptions<ClientLeniencies> = {
  nonMinimalLengths: kinds.flag,
  emptyHandshakeFields: kinds.flag,
  missingReasonSpace: kinds.flag,
};

/** What both roles have, but for `lenient`, whose names are each role's own. */
const connectionOptions: KnownOptions<Omit<ConnectionOptions, "lenient">> = {
  maxMessageBytes: kinds.number,
  maxFragments: kinds.number,
  maxFrameBytes: kinds.number,
  maxBufferedBytes: kinds.number,
  maxPendingPings: kinds.number,
  stallTimeout: kinds.timeOrNone,
  sendHighWaterMark: kinds.number,
  receiveHighWaterMark: kinds.number,
  keepAlive: kinds.keepAlive,
  idleTimeout: kinds.timeOrNone,
  closeTimeout: kinds.time,
  handshakeTimeout: kinds.time,
  maxHeadBytes: kinds.number,
  maxHeaders: kinds.number,
  streaming: kinds.flag,
  borrow: kinds.flag,
  compress,
  extensions: kinds.extensions,
  inspect: kinds.callback,
};

const handlers: KnownOptions<ConnectionHandlers> = {
  open: kinds.callback,
  message: kinds.callback,
  chunk: kinds.callback,
  drain: kinds.callback,
  closing: kinds.callback,
  close: kinds.callback,
};

/** Of one accepted connection. */
const acceptOptions: KnownOptions<AcceptOptions> = {
  ...connectionOptions,
  subprotocols: kinds.texts,
  subprotocolOrder: kinds.oneOf("client", "server"),
  allowedOrigins: kinds.allowedOrigins,
  lenient: kinds.flagsOf(serverLeniencies),
  upgrade: kinds.callback,
  onRefused: kinds.callback,
  onError: kinds.callback,
};

/** Of a server, but for those that an adapter adds. */
export const serverOptions: KnownOptions<ServerOptions> = {
  ...acceptOptions,
  maxConnections: kinds.number,
  maxPendingHandshakes: kinds.number,
  signal: kinds.signal,
};

/** Of a client, likewise. */
export const openOptions: KnownOptions<OpenOptions> = {
  ...connectionOptions,
  subprotocols: kinds.texts,
  headers: kinds.headers,
  origin: kinds.text,
  lenient: kinds.flagsOf(clientLeniencies),
  signal: kinds.signal,
  onError: kinds.callback,
};

/**
 * `listen(options, handler)`.
 *
 * @returns the options in an object of their own
 * @throws TypeError
 */
export function takeListenOptions<Options>(options: Options, handler: unknown, known: Names): Options {
  const taken = takeBesideHandler(options, known, "listen({}, handler)");
  const { unix, ...others } = taken as { unix?: unknown; port?: unknown; hostname?: unknown };
  const second = (["port", "hostname"] as const).find((name) => others[name] !== undefined);
  if (unix !== undefined && second !== undefined) throw new TypeError(`unix and ${second} are two places to listen at: give one of them`);
  if (handler === undefined) {
    throw new TypeError(
      `the second argument is missing: async (connection) => { … }, or an object with the handlers ${kinds.listed(Object.keys(handlers))}`,
    );
  }
  checkHandler(handler);
  return taken;
}

/**
 * `acceptUpgrade(…, options, handler)`, where the handler may be left out.
 *
 * @returns the options in an object of their own
 * @throws TypeError
 */
export function takeAcceptOptions<Options>(options: Options, handler: unknown): Options {
  return takeConnectOptions(options, handler, acceptOptions, "the handler behind the options");
}

/**
 * `connect(url, options, handler)`, where both may be left out.
 *
 * @param call how a handler is given to what was called
 * @returns the options in an object of their own
 * @throws TypeError
 */
export function takeConnectOptions<Options>(options: Options, handler: unknown, known: Names, call = "connect(url, {}, handler)"): Options {
  const taken = takeBesideHandler(options, known, call);
  if (handler !== undefined) checkHandler(handler);
  return taken;
}

function takeBesideHandler<Options>(options: Options, known: Names, call: string): Options {
  if (kinds.record.accepts(options)) checkNoHandler(options as Record<string, unknown>, call);
  return takeOptions(options, known, call);
}

/** Handlers in the place of the options, those of a class too, or among them. */
function checkNoHandler(options: Record<string, unknown>, call: string): void {
  const name = Object.keys(handlers).find((one) => typeof options[one] === "function");
  if (name !== undefined) throw new TypeError(`${name} is a handler and no option${proposed(call)}`);
  if (options["handlers"] !== undefined) throw new TypeError(`there is no option handlers${proposed(call)}`);
}

/**
 * A function, or handlers. An object of a class may have more to it than handlers: of its other methods only those are slips that look like one.
 *
 * @throws TypeError
 */
export function checkHandler(handler: unknown): void {
  if (typeof handler === "function") return;
  if (!kinds.record.accepts(handler))
    throw new TypeError(`the handler must be a function or an object with handlers, not ${kinds.shown(handler)}`);
  const given = handler as Record<string, unknown>;
  for (const [name, kind] of Object.entries(handlers)) if (given[name] !== undefined) checkValue(kind, given[name], name);
  for (const owner of ownersOf(given)) {
    const plain = owner === given && [Object.prototype, null].includes(Object.getPrototypeOf(owner) as object | null);
    if (plain) checkNames(owner, handlers, "handler", "");
    else for (const name of Object.getOwnPropertyNames(owner)) checkMethod(name, given);
  }
}

function checkMethod(name: string, given: Record<string, unknown>): void {
  if (name === "constructor" || Object.hasOwn(handlers, name)) return;
  const meant = Object.keys(handlers).find((one) => isNearly(name, one, 1));
  if (meant === undefined || given[meant] !== undefined || typeof given[name] !== "function") return;
  throw new TypeError(`there is no handler ${name}${proposed(meant)}`);
}
