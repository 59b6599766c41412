/** Where a server listens, and the URL (§3) by which a client reaches it. */

export interface ServerAddress {
  /** 0 for a Unix socket, which has none. */
  readonly port: number;
  /** The name or address listened on; empty for a Unix socket. */
  readonly hostname: string;
  /** The path of the Unix socket. */
  readonly unix?: string | undefined;
  /** TLS is spoken there. */
  readonly secure?: boolean | undefined;
}

/** "Any address" in IPv4, and in IPv6: what is listened on and cannot be connected to everywhere. */
const ANY_IPV4 = /^(::ffff:)?[0.]+$/i;
const ANY_IPV6 = /^[0:]+$/;

/**
 * For a Unix socket that of `Host` and path, which are all that a client takes from it. Without the zone of an address (`fe80::1%eth0`): the URL
 * standard has no place for one, and RFC 9844 has withdrawn that of RFC 6874. `hostname` has it, for a client that brings a socket of its own.
 */
export function serverUrl({ port, hostname, unix, secure }: ServerAddress): string {
  const scheme = secure === true ? "wss" : "ws";
  return unix === undefined ? `${scheme}://${reachable(hostname)}:${port}` : `${scheme}://localhost`;
}

function reachable(given: string): string {
  const hostname = given.includes(":") ? given.replace(/%.*|[[\]]/gs, "") : given;
  if (hostname === "") return "localhost";
  if (ANY_IPV4.test(hostname)) return "127.0.0.1";
  if (ANY_IPV6.test(hostname)) return "[::1]";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
