/**
 * What this package uses of @ws/endpoint/internal/node-http, without Node's types, which a program for Deno does not load. Used by `tsc` only,
 * through `paths`; the contract package checks it against the real module.
 */
import type { Binding, DuplexLike, HttpRequest, OnCancel } from "@ws/endpoint";
import type { Upgraded } from "@ws/endpoint/internal";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a listener of node:http
type RequestListener = (request: any, response: any) => void;

export interface SocketBindingOptions {
  readonly port?: number | undefined;
  readonly hostname?: string | undefined;
  readonly unix?: string | undefined;
  readonly backlog?: number | undefined;
  readonly tls?: { key: string; cert: string } | undefined;
  readonly requests?: RequestListener | undefined;
  readonly onError: (error: unknown) => void;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- made and used on the far side only
export type SocketTransport = any;

export declare function socketBinding(options: SocketBindingOptions): Binding<SocketTransport>;

export type Fetch = (request: Request) => Response | Promise<Response>;

export interface FetchListenerOptions {
  readonly protocol: "http:" | "https:";
  readonly onError: (error: unknown) => void;
}

export type CreateListener = (fetch: Fetch, options: FetchListenerOptions) => RequestListener;

export declare function fetchListener(createListener: CreateListener, fetch: Fetch, options: FetchListenerOptions): RequestListener;

interface StreamTarget {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
}

interface TlsConnectOptions {
  ca?: string | string[] | undefined;
  servername?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

export declare function dialSocket(
  target: StreamTarget,
  tls: TlsConnectOptions | undefined,
  unix: string | undefined,
  onCancel: OnCancel,
): Promise<SocketTransport>;

export declare function dialOver(
  opened: unknown,
  target: StreamTarget,
  tls: TlsConnectOptions | undefined,
  onCancel: OnCancel,
): Promise<SocketTransport>;

export declare function takeOver(request: HttpRequest, socket: DuplexLike): Upgraded;
