/** Run in Bun by parts.test.ts: how much of a large write is given to a socket of node:net before `write` returns, and what arrives. */
import { connect, createServer, type AddressInfo } from "node:net";

import { SocketTransport } from "@ws/endpoint/internal/node-http";

const SIZE = 64 << 20;
let received = 0;
const server = createServer((socket) => {
  const transport = new SocketTransport(socket);
  transport.start({ received: () => undefined, drained: () => undefined, ended: () => undefined, closed: () => undefined });
  transport.write([new Uint8Array(10), new Uint8Array(SIZE)]);
  transport.end();
  const given = socket.writableLength;
  peer.on("data", (chunk: Uint8Array) => (received += chunk.length));
  peer.on("end", () => {
    console.log(JSON.stringify({ given, waiting: transport.bufferedBytes, received }));
    process.exit();
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
