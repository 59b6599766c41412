/** Where conversations are forwarded to. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import type { Target } from "../model/records.ts";

export interface ParsedTarget extends Target {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** What `--rewrite-host` writes into Host. */
  readonly host: string;
  /** What `--rewrite-host` writes into Origin. */
  readonly origin: string;
}

/** Parses `ws://host:port` or `name=ws://host:port`. Throws TypeError with a message for the person who typed it. */
export function parseTarget(text: string): ParsedTarget {
  const named = /^([^=:/]+)=(.*)$/.exec(text);
  const address = named?.[2] ?? text;
  if (!URL.canParse(address)) throw new TypeError(`"${address}" is not a URL; expected something like ws://127.0.0.1:8080.`);
  const url = new URL(address);
  const secure = url.protocol === "wss:";
  if (!secure && url.protocol !== "ws:") throw new TypeError(`"${address}": a target begins with ws:// or wss://.`);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new TypeError(`"${address}": a target has no path, because the path is the client's and is forwarded as it is.`);
  }
  if (url.username !== "" || url.password !== "") throw new TypeError(`"${address}": a target has no user name or password.`);
  return {
    name: named?.[1] ?? url.host,
    url: `${url.protocol}//${url.host}`,
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    host: url.host,
    origin: `${secure ? "https" : "http"}://${url.host}`,
  };
}

export interface ConnectOptions {
  /** Accept a certificate that nobody vouches for: for development servers. */
  readonly insecure?: boolean;
  readonly ca?: string | Buffer;
}

/** Begins to connect; the socket emits "connect" (ws) or "secureConnect" (wss). */
export function connectTo(target: ParsedTarget, options: ConnectOptions): Socket {
  const address = { host: target.hostname, port: target.port, allowHalfOpen: true };
  if (!target.secure) return connectTcp({ ...address, noDelay: true });
  const socket = connectTls({
    ...address,
    // RFC 6066 §3: a server name is never an IP address.
    ...(isIP(target.hostname) === 0 ? { servername: target.hostname } : {}),
    // Without ALPN a server may choose HTTP/2; the conversation is HTTP/1.1.
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: options.insecure !== true,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return socket.setNoDelay(true);
}
