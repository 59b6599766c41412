/**
 * A listening socket of `node:net` or `node:tls` as the binding of a server, with or without ordinary HTTP beside WebSocket.
 */
import type { RequestListener } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from "node:tls";

import type { HttpAcceptor, HttpBinding, Listener } from "../server.ts";
import { SocketTransport } from "./socket-transport.ts";
import { boundHandshakes } from "./tls-handshakes.ts";

export interface SocketBindingOptions {
  /** 0: any free port. */
  readonly port?: number | undefined;
  readonly hostname?: string | undefined;
  /** A Unix socket instead of a port. */
  readonly unix?: string | undefined;
  readonly backlog?: number | undefined;
  /** Speak TLS, with what `tls.createServer` takes. */
  readonly tls?: TlsOptions | undefined;
  /** Serves the ordinary HTTP requests. Without it they are answered with 426. */
  readonly requests?: RequestListener | undefined;
  /** Errors of the listening socket itself, such as too many open files. */
  readonly onError: (error: unknown) => void;
}

/** What `listenWith` needs to serve on sockets of `node:net`. */
export function socketBinding(options: SocketBindingOptions): HttpBinding<SocketTransport> {
  return {
    open: async (acceptor) => {
      const { requests } = options;
      if (requests !== undefined) {
        // Not before it is needed: `node:http` costs a process 18 MB, and 3 MB of heap that every garbage collection looks at.
        const { createHttpSide } = await import("./http-side.ts");
        acceptor.handOrdinaryTo(createHttpSide(requests, acceptor));
      }
      return openListener(options, acceptor);
    },
  };
}

function openListener(options: SocketBindingOptions, acceptor: HttpAcceptor<SocketTransport>): Promise<Listener> {
  const accept = (socket: Socket): void => {
    acceptor.accept(new SocketTransport(socket));
  };
  const server =
    options.tls === undefined
      ? createTcpServer({ allowHalfOpen: true, noDelay: true }, accept)
      : createTlsServer(
          {
            ALPNProtocols: ["http/1.1"],
            handshakeTimeout: acceptor.settings.handshakeTimeout,
            allowHalfOpen: true,
            noDelay: true,
            ...options.tls,
          } as TlsOptions,
          accept,
        );
  // A TLS handshake that fails or takes too long is only reported: the stream is ours to end.
  server.on("tlsClientError", (_error: unknown, socket: Socket) => socket.destroy());
  const endHandshakes = options.tls && boundHandshakes(server as TlsServer, acceptor.maxPendingHandshakes);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listenAddress(options), () => {
      server.off("error", reject);
      server.on("error", options.onError);
      resolve(listenerOf(server, options, endHandshakes));
    });
  });
}

function listenAddress({ port, hostname, unix: path, backlog }: SocketBindingOptions): {
  port?: number;
  host?: string;
  path?: string;
  backlog?: number;
} {
  const address = path === undefined ? { port: port ?? 0, host: hostname ?? "127.0.0.1" } : { path };
  return backlog === undefined ? address : { ...address, backlog };
}

function listenerOf(server: TcpServer, { hostname, unix, tls }: SocketBindingOptions, endHandshakes: (() => void) | undefined): Listener {
  const bound = server.address() as AddressInfo | string;
  return {
    port: typeof bound === "string" ? 0 : bound.port,
    hostname: typeof bound === "string" ? "" : (hostname ?? bound.address),
    unix,
    secure: tls !== undefined,
    close() {
      // Its callback waits for every connection accepted; the address itself is free at once.
      server.close();
      endHandshakes?.();
    },
  };
}
