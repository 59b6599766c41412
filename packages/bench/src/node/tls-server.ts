/** Echo over TLS on Node: `node tls-server.ts PORT ours|ws|raw CERTIFICATE KEY`. */
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:tls";

import { listen } from "@ws/node";
import { WebSocketServer } from "ws";

const [port, kind, certificate, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certificate!), key: readFileSync(keyFile!) };
const ready = (): void => console.log("ready");
const address = [Number(port), "127.0.0.1"] as const;

if (kind === "ours") {
  await listen(
    { port: Number(port), tls, borrow: true },
    { message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined) },
  );
  ready();
} else if (kind === "ws") {
  const server = createHttpsServer(tls);
  new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
    socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }));
    socket.on("error", () => undefined);
  });
  server.listen(...address, ready);
} else {
  createServer({ ...tls, noDelay: true }, (socket) => {
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("error", () => socket.destroy());
  }).listen(...address, ready);
}
