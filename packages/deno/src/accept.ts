/** Accepting for as long as a listener listens. */
import type { Acceptor } from "@ws/endpoint";

import { ConnTransport } from "./conn-transport.ts";

/** What is used of a `Deno.Listener`. */
export interface ConnListener {
  accept(): Promise<Deno.Conn>;
}

/**
 * accept(2): what went wrong with one connection before it was accepted (a load balancer's check that is reset at once, say). The next one
 * may be there already.
 */
const OF_ONE_CONNECTION: ReadonlySet<unknown> = new Set([
  ...["ECONNABORTED", "ECONNRESET", "ENOTCONN", "EPIPE", "EPROTO", "ENOPROTOOPT", "EPERM", "EINTR", "ETIMEDOUT"],
  ...["ENETDOWN", "ENETUNREACH", "EHOSTDOWN", "EHOSTUNREACH", "ENONET", "EOPNOTSUPP"],
]);

/** Everything else is something that has run out (files, memory), for all connections: the pause until the next attempt, ms. */
const PAUSE = 50;
/** Failures that follow each other within this time are one, ms: it is told once. */
const SAME = 60_000;

/** Resolves when the listener is closed and its address is free. */
export async function acceptAll(
  listener: ConnListener,
  acceptor: Pick<Acceptor<ConnTransport>, "accept">,
  onError: (error: unknown) => void,
): Promise<void> {
  let failedAt = -Infinity;
  for (;;) {
    let conn: Deno.Conn;
    try {
      conn = await listener.accept();
      if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
    } catch (error) {
      // Closed by us.
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      if (OF_ONE_CONNECTION.has((error as { code?: unknown }).code)) continue;
      const now = performance.now();
      if (now - failedAt > SAME) onError(error);
      failedAt = now;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      continue;
    }
    acceptor.accept(new ConnTransport(conn));
  }
}
