/** Echo over TLS on Bun: `bun tls-server.ts PORT ours|native CERTIFICATE KEY`. */
import { readFileSync } from "node:fs";

import { listen } from "@ws/bun";

const [port, kind, certificate, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certificate!, "utf8"), key: readFileSync(keyFile!, "utf8") };
if (kind === "ours") {
  await listen(
    { port: Number(port), tls, borrow: true },
    { message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined) },
  );
} else {
  Bun.serve({
    hostname: "127.0.0.1",
    port: Number(port),
    tls,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("WebSocket only", { status: 426 })),
    websocket: { message: (socket, message) => void socket.send(message) },
  });
}
console.log("ready");
