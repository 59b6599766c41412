/**
 * The client side of the opening handshake.
 */
import type { Connection } from "./connection.ts";
import type { DriverGroup } from "./driver-group.ts";
import type { OpenOptions } from "./options.ts";
import type { Transport } from "./transport.ts";

/**
 * Opens the byte stream, for a client: resolves when it is connected (TLS included). `onCancel` registers what stops the attempt when the deadline
 * passes or the signal is aborted; a transport that comes later all the same is destroyed.
 */
export type Dial = (onCancel: (cancel: () => void) => void) => Transport | PromiseLike<Transport>;

/** Where a URL leads. */
export interface ConnectTarget {
  /** `wss:`: TLS. */
  readonly secure: boolean;
  /** Without brackets, as sockets and certificates want it. */
  readonly hostname: string;
  readonly port: number;
  /** The `Host` header: the port is left out when it is the scheme's default. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
}

/** What is used of a host's `URL`. */
export interface UrlLike {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly username: string;
  readonly password: string;
}

/** §3: ws and wss (http and https are mapped to them), no fragment. Throws a TypeError. */
export declare function connectTarget(url: UrlLike): ConnectTarget;

/** Dials, sends the request, validates the response; rejects with a {@link HandshakeError}. The deadline and the signal cover all of it. */
export declare function openConnection<Context = undefined>(
  group: DriverGroup,
  target: ConnectTarget,
  dial: Dial,
  options?: OpenOptions<Context>,
): Promise<Connection<Context>>;
