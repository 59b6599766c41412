import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";

export interface FeedConnection {
  /** Resolves when the page may be given more. */
  send(bytes: Uint8Array): Promise<void>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

const server = new WebSocketServer({ noServer: true });

export function acceptFeed(request: IncomingMessage, socket: Socket, head: Buffer, received: (text: string) => void): Promise<FeedConnection> {
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (ws) => {
      ws.on("message", (m: Buffer) => { received(m.toString()); });
      const closed = new Promise<void>((r) => ws.on("close", () => { r(); }));
      resolve({
        send: (bytes) => new Promise((r) => ws.send(bytes, () => { r(); })),
        closed,
        close: async () => { ws.terminate(); await closed; },
      });
    });
  });
}
