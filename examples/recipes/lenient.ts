/** A device whose firmware breaks a rule: that one is waived for it, by name, and every other still holds. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connect, HandshakeError } from "@ws/node";

// Its status line lacks the space that RFC 9112 §4 wants behind the code.
const device = createServer((socket) => {
  socket.once("data", (request) => {
    const key = /^sec-websocket-key: (\S+)/im.exec(String(request))?.[1];
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.write("\x81\x04" + "21.5", "latin1");
  });
  socket.on("error", () => undefined);
});
device.listen(0, "127.0.0.1");
await once(device, "listening");
const url = `ws://127.0.0.1:${(device.address() as AddressInfo).port}`;

try {
  await connect(url);
} catch (error) {
  if (!(error instanceof HandshakeError)) throw error;
  console.log(error.code);
}

const connection = await connect(url, { lenient: { missingReasonSpace: true } });
for await (const message of connection) {
  console.log(message);
  break;
}
connection.abort();
device.close();

/* prints
MALFORMED_START_LINE
21.5
*/
