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

import { acceptAll } from "./accept.ts";
import type { ConnTransport } from "./conn-transport.ts";
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
  const address: Address = { port, hostname, unix, backlog, tls };
  const onError = errorReporter(host, serverOptions.onError);
  if (fetch !== undefined || tls !== undefined) {
    // Loaded when asked for: a bare server does without node:net and node:http.
    const { httpBinding } = await import("./http-binding.ts");
    return await listenWith(host, httpBinding(address, fetch, onError), serverOptions, handler);
  }
  const binding: Binding<ConnTransport> = { open: (acceptor) => openListener(address, acceptor, onError) };
  return await listenWith(host, binding, serverOptions, handler);
}

/** Where to listen, and with which certificate. */
export interface Address extends ListenAddress {
  readonly tls: TlsServerOptions | undefined;
}

function openListener(address: Address, acceptor: Acceptor<ConnTransport>, onError: (error: unknown) => void): Listener {
  const listener = bind(address);
  const accepting = acceptAll(listener, acceptor, onError);
  const bound = listener.addr;
  return {
    port: "port" in bound ? bound.port : 0,
    hostname: "hostname" in bound ? (address.hostname ?? bound.hostname) : "",
    unix: address.unix,
    close() {
      listener.close();
      // The address is free once nobody waits in `accept` any more.
      return accepting;
    },
  };
}

function bind({ port = 0, hostname = "127.0.0.1", unix, backlog }: Address): Deno.Listener {
  if (unix !== undefined) return Deno.listen({ transport: "unix", path: unix });
  return Deno.listen({ port, hostname, ...(backlog === undefined ? {} : { tcpBacklog: backlog }) });
}
