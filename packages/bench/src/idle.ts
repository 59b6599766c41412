/** Connections that are open and silent, held by this process. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { openingHandshake } from "./frames.ts";

export interface IdleConnections {
  count: number;
  close(): Promise<void>;
}

/** Opens `count` connections to a server and completes the handshake of each, unless the server is a raw one. */
export async function openIdle(port: number, count: number, raw: boolean): Promise<IdleConnections> {
  const sockets: Socket[] = [];
  const openOne = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => (raw ? resolve() : socket.write(openingHandshake(`127.0.0.1:${port}`))));
      socket.once("error", reject);
      if (!raw) {
        socket.once("data", (bytes) => {
          if (bytes.toString("latin1", 9, 12) === "101") resolve();
          else reject(new Error(`The server refused: ${bytes.toString("latin1").split("\r\n", 1)[0]}`));
        });
      }
      sockets.push(socket);
    });
  while (sockets.length < count) {
    const batch = Math.min(100, count - sockets.length);
    await Promise.all(Array.from({ length: batch }, openOne));
  }
  return {
    count,
    async close() {
      for (const socket of sockets) socket.resetAndDestroy();
      await sleep(200);
    },
  };
}
