/** A fast sender and a slow reader: `send` says "full", `ready` waits, and memory stays what it was. */
import { connect, listen } from "@ws/node";

const server = await listen({ sendHighWaterMark: 64 * 1024 }, async (connection) => {
  const piece = new Uint8Array(16 * 1024);
  let most = 0;
  for (let sent = 0; sent < 1000; sent++) {
    if (connection.send(piece) === "full") await connection.ready;
    most = Math.max(most, connection.bufferedBytes);
  }
  connection.send(String(most < 128 * 1024));
});

const connection = await connect(server.url);
let bytes = 0;
for await (const message of connection) {
  if (typeof message === "string") console.log("never more than 128 KiB waited:", message);
  else bytes += message.length;
  if (bytes % (1 << 20) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log(bytes, "bytes");
await server.close();

/* prints
never more than 128 KiB waited: true
16384000 bytes
*/
