/** The server that an address and the options name, if it may be tested from here. */
import { readFileSync } from "node:fs";

import type { Headers } from "../sessions/session.ts";
import type { ServerTarget } from "../tcp/run-on-server.ts";
import type { Flags } from "./flags.ts";
import { Usage } from "./usage.ts";

export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname) ||
    hostname === "[::1]" ||
    hostname === "::1"
  );
}

export function serverTarget(address: string, flags: Flags): ServerTarget {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new Usage(`not a URL: ${address}`);
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new Usage(`the URL begins with ws:// or wss://: ${address}`);
  if (!isLoopback(url.hostname) && flags["allow-remote"] !== true)
    throw new Usage(`${url.hostname} is not this machine. If you may test it, say so with --allow-remote.`);
  const headers: [string, string][] = (flags.header ?? []).map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw new Usage(`--header takes "Name: value", not ${JSON.stringify(line)}`);
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  if (flags.origin !== undefined) headers.push(["Origin", flags.origin]);
  return {
    url: url.href,
    headers: headers satisfies Headers,
    subprotocol: flags.subprotocol,
    ca: flags.ca === undefined ? undefined : readFileSync(flags.ca, "utf8"),
    insecure: flags.insecure,
  };
}
