// Echo servers of other projects: node servers.mjs <name>. Prints its URL.
import { createServer } from "node:http";

const name = process.argv[2];
const http = createServer((request, response) => {
  response.writeHead(426, { connection: "close" });
  response.end();
});
const start = {
  async ws() {
    const { WebSocketServer } = await import("ws");
    new WebSocketServer({ server: http, perMessageDeflate: true }).on("connection", (socket) => {
      socket.on("error", () => {});
      socket.on("message", (message, binary) => socket.send(message, { binary }));
    });
  },
  async websocket() {
    const { default: websocket } = await import("websocket");
    new websocket.server({
      httpServer: http,
      autoAcceptConnections: true,
      maxReceivedFrameSize: 1 << 26,
      maxReceivedMessageSize: 1 << 26,
      assembleFragments: true,
    }).on("connect", (connection) => {
      connection.on("error", () => {});
      connection.on("message", (message) =>
        message.type === "utf8" ? connection.sendUTF(message.utf8Data) : connection.sendBytes(message.binaryData),
      );
    });
  },
  async faye() {
    const { default: Faye } = await import("faye-websocket");
    http.on("upgrade", (request, socket, body) => {
      if (!Faye.isWebSocket(request)) return void socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      const connection = new Faye(request, socket, body);
      connection.on("message", (event) => connection.send(event.data));
    });
  },
};
await start[name]();
http.listen(0, "127.0.0.1", () => console.log(`ws://127.0.0.1:${http.address().port}`));
