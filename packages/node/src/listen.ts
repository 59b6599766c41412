import {
  type AnyAnswer,
  type ConnectionHandler,
  type ContextOf,
  listenWith,
  type NoContext,
  type Undecided,
  type Server,
} from "@ws/endpoint";
import { takeListenOptions, errorReporter } from "@ws/endpoint/internal";
import { fetchListener, socketBinding } from "@ws/endpoint/internal/node-http";
import { createRequestListener } from "@remix-run/node-fetch-server";

import { host } from "./host.ts";
import { listenOptions } from "./known-options.ts";
import type { ListenOptions, ListenOptionsWithUpgrade } from "./options.ts";

/** Listens; resolves when the address is bound, and rejects (`EADDRINUSE`, …) when it cannot be. */
export function listen<A extends AnyAnswer = Undecided>(
  options: ListenOptionsWithUpgrade<A>,
  handler: ConnectionHandler<ContextOf<A>>,
): Promise<Server<ContextOf<A>>>;
export function listen<A extends AnyAnswer = NoContext>(
  options: ListenOptions<A>,
  handler: ConnectionHandler<ContextOf<A>>,
): Promise<Server<ContextOf<A>>>;
export async function listen<A extends AnyAnswer>(
  options: ListenOptions<A>,
  handler: ConnectionHandler<ContextOf<A>>,
): Promise<Server<ContextOf<A>>> {
  const { port, hostname, unix, backlog, tls, fetch, ...serverOptions } = takeListenOptions(options, handler, listenOptions);
  const onError = errorReporter(host, serverOptions.onError);
  const binding = socketBinding({
    port,
    hostname,
    unix,
    backlog,
    tls,
    requests: fetch && fetchListener(createRequestListener, fetch, { protocol: tls === undefined ? "http:" : "https:", onError }),
    onError,
  });
  return await listenWith(host, binding, serverOptions, handler);
}
