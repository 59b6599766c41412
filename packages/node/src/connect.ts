import { type Connection, type ConnectionHandler, connectTarget, type Dial, openConnection } from "@ws/endpoint";
import { takeConnectOptions, parseUrl } from "@ws/endpoint/internal";
import { dialOver, dialSocket } from "@ws/endpoint/internal/node-http";

import { host } from "./host.ts";
import { connectOptions } from "./known-options.ts";
import type { ConnectOptions } from "./options.ts";

/**
 * Connects to a `ws:` or `wss:` URL and resolves when the opening handshake is done; rejects with a `HandshakeError`.
 *
 * @param handler what is done with the connection, as in `listen`; without one its messages are iterated. With a function the connection is closed
 * when its promise is settled.
 */
export async function connect(
  url: string | URL,
  options: ConnectOptions = {},
  handler?: ConnectionHandler<undefined>,
): Promise<Connection<undefined>> {
  const { tls, unix, createConnection, ...openOptions } = takeConnectOptions(options, handler, connectOptions);
  const target = connectTarget(parseUrl(url, URL));
  const dial: Dial = async (onCancel) => {
    if (createConnection === undefined) return await dialSocket(target, tls, unix, onCancel);
    const abort = new AbortController();
    onCancel((reason) => abort.abort(reason));
    return await dialOver(await createConnection(target, { signal: abort.signal }), target, tls, onCancel);
  };
  // A pending promise keeps no process alive, and the deadline of the handshake has to hold all the same.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    return await openConnection(host, target, dial, openOptions, handler);
  } finally {
    clearInterval(alive);
  }
}
