/** The peer that Node programs use today: ws, with bufferutil. */
import { WebSocketServer } from "ws";

const server = new WebSocketServer(
  { port: Number(process.argv[2]), host: "127.0.0.1", maxPayload: 128 * 1024 * 1024, perMessageDeflate: process.argv[3] === "deflate" },
  () => console.log("ready"),
);
server.on("connection", (socket) => {
  socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }));
  socket.on("error", () => undefined);
});
