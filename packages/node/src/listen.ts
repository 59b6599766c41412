import type { TlsOptions } from "node:tls";

import { checkListen, type ConnectionHandler, errorReporter, listenWith, type Server, type ServerOptions } from "@ws/endpoint";
import { checkedFetch, socketBinding } from "@ws/endpoint/node-http";
import { createRequestListener } from "@remix-run/node-fetch-server";

import { group } from "./host.ts";
import { listenOptions } from "./known-options.ts";

export interface ListenOptions<Context = undefined> extends ServerOptions<Context> {
  /** 0, the default: any free port, to be read from `server.port`. */
  port?: number | undefined;
  /** The address to listen on. `127.0.0.1`, so a service is open to other machines only when it says so (`0.0.0.0`, `::`). */
  hostname?: string | undefined;
  /** Listens on a Unix socket instead. Removed when the server closes. */
  path?: string | undefined;
  /** Connections the operating system may hold before they are accepted. */
  backlog?: number | undefined;
  /** Speaks TLS (`wss:`): `key` and `cert` in PEM are the common part, the rest of `tls.createServer`'s options is Node's. */
  tls?: TlsOptions | undefined;
  /**
   * Answers ordinary HTTP requests on the same port, through `node:http`. Without it they are answered with 426. What it throws goes to
   * `onError` and is answered with 500.
   */
  fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
}

/** Listens; resolves when the address is bound, and rejects (`EADDRINUSE`, …) when it cannot be. */
export async function listen<Context = undefined>(
  options: ListenOptions<Context>,
  handler: ConnectionHandler<Context>,
): Promise<Server<Context>> {
  checkListen(options, handler, listenOptions);
  const { port, hostname, path, backlog, tls, fetch, ...serverOptions } = options;
  const onError = errorReporter(options.onError, group.printError);
  const binding = socketBinding({
    port,
    hostname,
    path,
    backlog,
    tls,
    requests: fetch && createRequestListener(checkedFetch(fetch), { protocol: tls === undefined ? "http:" : "https:", onError }),
    onError,
  });
  return await listenWith(group, binding, serverOptions, handler);
}
