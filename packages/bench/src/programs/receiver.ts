/** Opens connections, says so, and reads whatever comes until it is killed: a Node program. */
import { connect } from "node:net";

import { openingHandshake } from "../frames.ts";

export interface ReceiverTask {
  port: number;
  connections: number;
  handshake: boolean;
  deflate: boolean;
}

const { port, connections, handshake, deflate } = JSON.parse(process.argv[2]!) as ReceiverTask;

// One buffer for all that is read: what arrives is not looked at.
const buffer = Buffer.alloc(65_536);

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    let answered = !handshake;
    const socket = connect({
      port,
      host: "127.0.0.1",
      onread: {
        buffer,
        callback(length) {
          if (answered) return true;
          answered = true;
          if (buffer.toString("latin1", 9, 12) === "101") resolve();
          else reject(new Error(`refused: ${buffer.toString("latin1", 0, length)}`));
          return true;
        },
      },
    });
    socket.once("connect", () => {
      if (answered) resolve();
      else socket.write(openingHandshake(`127.0.0.1:${port}`, deflate ? "permessage-deflate; client_max_window_bits" : undefined));
    });
    socket.once("error", reject);
  });
}

for (let opened = 0; opened < connections; opened += 100)
  await Promise.all(Array.from({ length: Math.min(100, connections - opened) }, open));
// The server may learn of the last ones a little later.
setTimeout(() => console.log("ready"), 300);
