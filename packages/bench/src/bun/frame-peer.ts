/**
 * The peer of a client that is measured, a Bun program: on `/receive` it sends prebuilt frames as fast as the client takes them, on `/send` it
 * only reads. Prints its port.
 *
 *   bun frame-peer.ts 64
 */
import { payloadOf } from "../frames.ts";

const payload = payloadOf("binary", Number(process.argv[2]));
const frame = new Uint8Array([
  0x82,
  ...(payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255]),
  ...payload,
]);
const count = Math.max(1, Math.floor(65_536 / frame.length));
const batch = new Uint8Array(frame.length * count);
for (let index = 0; index < count; index++) batch.set(frame, index * frame.length);

interface State {
  head: string | undefined;
  pumping: boolean;
  /** Bytes of the batch already sent. */
  sent: number;
}

function pump(socket: Bun.Socket<State>): void {
  const { data } = socket;
  // Not for ever: what arrives is looked at in between.
  for (let turn = 0; turn < 64; turn++) {
    const written = socket.write(data.sent === 0 ? batch : batch.subarray(data.sent));
    if (written < 0) return;
    data.sent = (data.sent + written) % batch.length;
    if (data.sent !== 0 || written === 0) return;
  }
  setImmediate(pump, socket);
}

const server = Bun.listen<State>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { head: "", pumping: false, sent: 0 };
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      const state = socket.data;
      if (state.head === undefined) return;
      state.head += bytes.toString("latin1");
      if (!state.head.includes("\r\n\r\n")) return;
      const key = /sec-websocket-key: *(\S+)/i.exec(state.head)![1]!;
      const accept = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      state.pumping = state.head.startsWith("GET /receive");
      state.head = undefined;
      if (state.pumping) pump(socket);
    },
    drain(socket) {
      if (socket.data.pumping) pump(socket);
    },
    error: () => undefined,
  },
});
console.log(server.port);
