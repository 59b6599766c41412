/** A page's connection, as the feed needs it: one thing to send, and to wait until there is room for the next. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { acceptUpgrade } from "@ws/node";

export interface FeedConnection {
  /** Resolves when the page may be given more; also when it has left. */
  send(bytes: Uint8Array): Promise<void>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Only pages that this inspector served may follow: their Origin is the Host (the default of `acceptUpgrade`). */
export async function acceptFeed(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  received: (text: string) => void,
): Promise<FeedConnection> {
  const connection = await acceptUpgrade(
    request,
    socket,
    head,
    { maxMessageBytes: 4096, closeTimeout: 500 },
    {
      message(_connection, message) {
        if (typeof message === "string") received(message);
      },
    },
  );
  const closed = connection.closed.then(() => undefined);
  return {
    async send(bytes) {
      if (connection.send(bytes) === "full") await connection.ready;
    },
    closed,
    async close() {
      connection.close(1001);
      await closed;
    },
  };
}
