/** The fewest bytes that a load generator has to understand: prebuilt client frames out, frame lengths in. */

/** One masked data frame (RFC 6455 §5.2). The key is fixed: an echo costs the server the same for any key but zero. */
export function clientFrame(opcode: 1 | 2, payload: Uint8Array, rsv1 = false): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(2 + lengthBytes + 4 + length);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  frame[0] = 0x80 | (rsv1 ? 0x40 : 0) | opcode;
  frame[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  const key = [0x37, 0xfa, 0x21, 0x3d];
  frame.set(key, 2 + lengthBytes);
  const start = 6 + lengthBytes;
  for (let index = 0; index < length; index++) frame[start + index] = payload[index]! ^ key[index & 3]!;
  return frame;
}

/** How many bytes a server's frame with this payload length has. */
export function serverFrameLength(payloadLength: number): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + payloadLength;
}

/** A payload of `length` bytes: printable text, or bytes of every value. */
export function payloadOf(kind: "text" | "binary", length: number): Uint8Array {
  const payload = new Uint8Array(length);
  for (let index = 0; index < length; index++) payload[index] = kind === "text" ? 0x20 + ((index * 7) % 95) : (index * 31) & 0xff;
  return payload;
}

/** The opening handshake of §4.1, with the RFC's own key: nobody checks randomness here. */
export function openingHandshake(host: string, extensions?: string): string {
  return (
    `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n` +
    (extensions ? `Sec-WebSocket-Extensions: ${extensions}\r\n` : "") +
    `\r\n`
  );
}
