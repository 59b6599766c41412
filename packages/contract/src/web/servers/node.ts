/** This stack's server and that of `ws`, with the behaviours that `cases/peers.ts` asks for by path. */
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

import { listen } from "@ws/node";
import { WebSocketServer } from "ws";

const ours = await listen(
  {
    port: 0,
    subprotocols: ["chat"],
    compress: true,
    upgrade: ({ target, headers }) => ({
      context: { target, headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])) },
    }),
  },
  {
    open(connection) {
      const { target, headers } = connection.context;
      if (target === "/headers") connection.send(JSON.stringify(headers));
      if (target !== "/push") return;
      connection.send("one");
      connection.send(new Uint8Array([1, 2, 3]));
      connection.close(3001, "done");
    },
    message: (connection, message) => connection.send(message),
  },
);

const ws = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: true,
  maxPayload: 16 << 20,
  handleProtocols: (offered) => (offered.has("chat") ? "chat" : false),
});
ws.on("connection", (socket, request: { url?: string; headers: IncomingHttpHeaders }) => {
  if (request.url === "/headers") socket.send(JSON.stringify(request.headers));
  if (request.url === "/push") {
    socket.send("one");
    socket.send(new Uint8Array([1, 2, 3]));
    socket.close(3001, "done");
  }
  socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
});
await new Promise((resolve) => ws.on("listening", resolve));

process.stdout.write(
  `${JSON.stringify({ ours: `ws://127.0.0.1:${ours.port}`, ws: `ws://127.0.0.1:${(ws.address() as AddressInfo).port}` })}\n`,
);
process.stdin.on("end", () => process.exit(0)).resume();
