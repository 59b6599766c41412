/** Counts what comes back while it comes, so that a run need not wait longer than it must. It judges nothing. */
import { Opcode, RSV1 } from "../wire/frame.ts";
import { maskPayload } from "../wire/frame.ts";

export class Scanner {
  messages = 0;
  closed = false;
  /** Payloads of Pongs, as hex. */
  readonly pongs: string[] = [];
  pings: Uint8Array[] = [];
  size = 0;
  /** RSV1 was seen on a message. */
  compressed = false;
  #buffer: Uint8Array = new Uint8Array(1024);
  #at = 0;

  push(chunk: Uint8Array): void {
    if (this.size + chunk.length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.size + chunk.length));
      larger.set(this.#buffer.subarray(0, this.size));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.size);
    this.size += chunk.length;
    while (this.#frame());
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.size);
  }

  #frame(): boolean {
    const buffer = this.#buffer;
    const at = this.#at;
    const { size } = this;
    if (size - at < 2) return false;
    const first = buffer[at]!;
    const second = buffer[at + 1]!;
    const short = second & 0x7f;
    const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
    const masked = second >= 0x80;
    const header = 2 + extended + (masked ? 4 : 0);
    if (size - at < header) return false;
    let length = extended === 0 ? short : 0;
    for (let index = 0; index < extended; index++) length = length * 256 + buffer[at + 2 + index]!;
    if (size - at < header + length) return false;
    this.#at = at + header + length;
    const opcode = first & 15;
    if (opcode < 8) {
      if ((first & 0x80) !== 0) this.messages++;
      if (((first >> 4) & RSV1) !== 0) this.compressed = true;
    } else if (opcode === Opcode.CLOSE) this.closed = true;
    else {
      const raw = buffer.subarray(at + header, this.#at);
      const key = masked
        ? ((buffer[at + header - 4]! << 24) |
            (buffer[at + header - 3]! << 16) |
            (buffer[at + header - 2]! << 8) |
            buffer[at + header - 1]!) >>>
          0
        : 0;
      const payload = masked ? maskPayload(raw, key) : raw.slice();
      if (opcode === Opcode.PONG) this.pongs.push(Buffer.from(payload).toString("hex"));
      else if (opcode === Opcode.PING) this.pings.push(payload);
    }
    return true;
  }
}
