import {
  type Acceptor,
  type AnyAnswer,
  type Binding,
  type ConnectionHandler,
  type ContextOf,
  type Listener,
  listenWith,
  type NoContext,
  type Undecided,
  type Server,
} from "@ws/endpoint";
import { takeListenOptions, errorReporter, type ListenAddress, type TlsServerOptions } from "@ws/endpoint/internal";

import type { SocketHandler, TCPSocketListener } from "bun";

import { host } from "./host.ts";
import { listenOptions } from "./known-options.ts";
import type { ListenOptions, ListenOptionsWithUpgrade } from "./options.ts";
import { BunTransport, http11, socketHandlers } from "./socket-transport.ts";

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
  const address: Address = { port, hostname, unix, backlog, tls };
  const onError = errorReporter(host, serverOptions.onError);
  if (fetch !== undefined) {
    // Loaded when asked for: a bare server does without node:net and node:http.
    const { httpBinding } = await import("./http-binding.ts");
    return await listenWith(host, httpBinding(address, fetch, onError), serverOptions, handler);
  }
  const binding: Binding<BunTransport> = { open: (acceptor) => openListener(address, acceptor) };
  return await listenWith(host, binding, serverOptions, handler);
}

/** Where to listen, and with which certificate. */
export interface Address extends ListenAddress {
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
  const { port = 0, hostname = "127.0.0.1", unix, tls } = address;
  const common = { socket, allowHalfOpen: true, exclusive: true, ...(tls === undefined ? {} : { tls: { ...tls, ALPNProtocols: http11 } }) };
  // The types know one kind of bytes for `data`, whatever `binaryType` says.
  const listener = unix === undefined ? Bun.listen({ ...common, port, hostname } as never) : Bun.listen({ ...common, unix } as never);
  return {
    port: unix === undefined ? (listener as TCPSocketListener).port : 0,
    hostname: unix === undefined ? hostname : "",
    unix,
    secure: tls !== undefined,
    close() {
      listener.stop();
    },
  };
}
