/** The client of ws, with bufferutil. */
import { WebSocket } from "ws";

import { measureClient } from "../programs/client.ts";

await measureClient(process.argv[2]!, (url, received) => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", received);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => resolve({ send: (message) => socket.send(message), buffered: () => socket.bufferedAmount }));
  });
});
