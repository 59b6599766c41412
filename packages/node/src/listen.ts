import { type ConnectionHandler, listenWith, type Server } from "@ws/endpoint";
import { checkListen, errorReporter } from "@ws/endpoint/internal";
import { fetchListener, socketBinding } from "@ws/endpoint/internal/node-http";
import { createRequestListener } from "@remix-run/node-fetch-server";

import { host } from "./host.ts";
import { listenOptions } from "./known-options.ts";
import type { ListenOptions } from "./options.ts";

/** Listens; resolves when the address is bound, and rejects (`EADDRINUSE`, …) when it cannot be. */
export async function listen<Context = undefined>(
  options: ListenOptions<Context>,
  handler: ConnectionHandler<Context>,
): Promise<Server<Context>> {
  checkListen(options, handler, listenOptions);
  const { port, hostname, unix, backlog, tls, fetch, ...serverOptions } = options;
  const onError = errorReporter(host, options.onError);
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
