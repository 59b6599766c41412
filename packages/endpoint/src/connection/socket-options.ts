/** Options of `listen` and `connect` that adapters have in common: addresses and TLS, without the types of a runtime. */
import type { KnownOptions } from "./check-options.ts";
import { any, hostname, number, text, unix } from "./option-kinds.ts";

/** Where to listen. */
export interface ListenAddress {
  /** 0, the default: any free port, to be read from `server.port`. */
  readonly port?: number | undefined;
  /** The address to listen on. `127.0.0.1`, so a service is open to other machines only when it says so (`0.0.0.0`, `::`). */
  readonly hostname?: string | undefined;
  /** Listens on a Unix socket instead. Removed when the server closes. */
  readonly unix?: string | undefined;
  /** Connections the operating system may hold before they are accepted. Bun decides itself, unless `fetch` is set. */
  readonly backlog?: number | undefined;
}

/** The certificate chain and the private key of a server, in PEM. */
export interface TlsServerOptions {
  readonly key: string;
  readonly cert: string;
}

/** What a client checks a server's certificate by, and what it shows of itself. All in PEM. */
export interface TlsClientOptions {
  /** Authorities accepted: in Deno in the place of the system's, in Bun besides those. */
  readonly ca?: string | string[] | undefined;
  /** The name the certificate must carry. By default the URL's host. */
  readonly servername?: string | undefined;
  /** A certificate of the client's own, with its `key`. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export const listenAddress: KnownOptions<ListenAddress> = { port: number, hostname, unix, backlog: number };
export const tlsServerOptions: KnownOptions<TlsServerOptions> = { key: any, cert: any };
export const tlsClientOptions: KnownOptions<TlsClientOptions> = { ca: any, servername: text, cert: any, key: any };
