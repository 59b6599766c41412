import {
  type Acceptor,
  type Binding,
  checkListen,
  type ConnectionHandler,
  type Listener,
  errorReporter,
  listenWith,
  type Server,
  type ServerOptions,
} from "@ws/endpoint";

import type { SocketHandler, TCPSocketListener } from "bun";

import { group } from "./host.ts";
import { listenOptions } from "./known-options.ts";
import { BunTransport, http11, socketHandlers } from "./socket-transport.ts";

/** The certificate chain and the private key of a server, in PEM. */
export interface TlsServerOptions {
  key: string;
  cert: string;
}

export interface ListenOptions<Context = undefined> extends ServerOptions<Context> {
  /** 0, the default: any free port, to be read from `server.port`. */
  port?: number | undefined;
  /** The address to listen on. `127.0.0.1`, so a service is open to other machines only when it says so (`0.0.0.0`, `::`). */
  hostname?: string | undefined;
  /** Listens on a Unix socket instead. Removed when the server closes. */
  path?: string | undefined;
  /** Connections the operating system may hold before they are accepted. Bun decides itself, unless `fetch` is set. */
  backlog?: number | undefined;
  /** Speaks TLS (`wss:`). */
  tls?: TlsServerOptions | undefined;
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
  const address: Address = { port, hostname, path, backlog, tls };
  const onError = errorReporter(options.onError, group.printError);
  if (fetch !== undefined) {
    // Loaded when asked for: a bare server does without node:net and node:http.
    const { httpBinding } = await import("./http-binding.ts");
    return await listenWith(group, httpBinding(address, fetch, onError), serverOptions, handler);
  }
  const binding: Binding<BunTransport> = { open: (acceptor) => openListener(address, acceptor) };
  return await listenWith(group, binding, serverOptions, handler);
}

/** Where to listen, and with which certificate. */
export interface Address {
  readonly port: number | undefined;
  readonly hostname: string | undefined;
  readonly path: string | undefined;
  readonly backlog: number | undefined;
  readonly tls: TlsServerOptions | undefined;
}

function openListener(address: Address, acceptor: Acceptor<BunTransport>): Listener {
  const socket: SocketHandler<BunTransport, "uint8array"> = {
    ...socketHandlers,
    open: (opened) => {
      const transport = new BunTransport(opened, address.tls !== undefined);
      opened.data = transport;
      acceptor.accept(transport);
    },
    // With this handler `open` comes before the TLS handshake and not after it, so that the deadline of the opening handshake covers both.
    handshake: () => undefined,
  };
  const { port = 0, hostname = "127.0.0.1", path, tls } = address;
  const common = { socket, allowHalfOpen: true, exclusive: true, ...(tls === undefined ? {} : { tls: { ...tls, ALPNProtocols: http11 } }) };
  // The types know one kind of bytes for `data`, whatever `binaryType` says.
  const listener = path === undefined ? Bun.listen({ ...common, port, hostname } as never) : Bun.listen({ ...common, unix: path } as never);
  return {
    port: path === undefined ? (listener as TCPSocketListener).port : undefined,
    address: path ?? (listener as TCPSocketListener).hostname,
    close() {
      listener.stop();
    },
  };
}
