/** The codec by itself: a frame is bytes, and bytes in pieces of any size are frames again. */
import { encodeFrame, MessageDecoder, MessageEvent, Opcode, utf8 } from "@ws/codec";

const text = new Uint8Array(utf8.byteLength("grüß dich"));
utf8.encodeInto("grüß dich", text, 0);
const frame = encodeFrame(Opcode.TEXT, text, { maskingKey: 0x37fa213d });

const decoder = new MessageDecoder({ role: "server" });
for (const byte of frame) {
  decoder.receive(Uint8Array.of(byte));
  for (let event = decoder.poll(); event !== MessageEvent.NONE; event = decoder.poll()) {
    if (event === MessageEvent.FAILED) throw decoder.error;
    if (event === MessageEvent.TEXT) console.log(frame.length, decoder.text);
  }
}

/* prints
17 grüß dich
*/
