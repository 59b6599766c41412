/** A conversation as the feed carries it, made by hand. */
import {
  encodeCount,
  encodeJson,
  type ConversationEvent,
  type ConversationStart,
  type Direction,
  type FeedRecord,
  RecordKind,
} from "../src/model/records.ts";
import { encodeFrameHeaderInto, firstByte } from "@ws/codec";

export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

export const REQUEST = head(
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
);
export const RESPONSE = head(
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
);

export function head(...lines: string[]): Uint8Array {
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

/** One frame; the payload is masked with `key` when there is one. */
export function frame(
  opcode: number,
  payload: Uint8Array | string,
  { fin = true, rsv = 0, key }: { fin?: boolean; rsv?: number; key?: number } = {},
): Uint8Array {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const header = new Uint8Array(14);
  const length = encodeFrameHeaderInto(header, 0, firstByte(opcode, fin, rsv), body.length, key);
  const masked = Uint8Array.from(body, (octet, index) => (key === undefined ? octet : octet ^ ((key >>> (24 - (index % 4) * 8)) & 255)));
  return Buffer.concat([header.subarray(0, length), masked]);
}

export class Feed {
  readonly records: FeedRecord[] = [];
  readonly #positions: Record<Direction, number> = { client: 0, target: 0 };
  readonly #id: number;
  #time: number;

  constructor(id = 1, start: Partial<ConversationStart> = {}, time = 1_700_000_000_000) {
    this.#id = id;
    this.#time = time;
    const whole: ConversationStart = {
      client: { address: "127.0.0.1", port: 50_000 },
      local: { address: "127.0.0.1", port: 6455 },
      target: { name: "echo", url: "ws://127.0.0.1:9" },
      ...start,
    };
    this.#put(RecordKind.OPENED, encodeJson(whole), 0, -1);
  }

  /** Both heads, so that frames follow. */
  handshake(response: Uint8Array = RESPONSE, request: Uint8Array = REQUEST): this {
    return this.client(request).target(response);
  }

  client(...chunks: Uint8Array[]): this {
    for (const chunk of chunks) this.bytes("client", chunk);
    return this;
  }

  target(...chunks: Uint8Array[]): this {
    for (const chunk of chunks) this.bytes("target", chunk);
    return this;
  }

  bytes(direction: Direction, chunk: Uint8Array, firstFrame = -1): this {
    this.#put(direction === "client" ? RecordKind.CLIENT_BYTES : RecordKind.TARGET_BYTES, chunk, this.#positions[direction], firstFrame);
    this.#positions[direction] += chunk.length;
    return this;
  }

  omitted(direction: Direction, count: number): this {
    this.#put(
      direction === "client" ? RecordKind.CLIENT_OMITTED : RecordKind.TARGET_OMITTED,
      encodeCount(count),
      this.#positions[direction],
      -1,
    );
    this.#positions[direction] += count;
    return this;
  }

  /** Octets that the page was never given. */
  lost(direction: Direction, count: number): this {
    this.#positions[direction] += count;
    return this;
  }

  event(event: ConversationEvent): this {
    return this.#put(RecordKind.EVENT, encodeJson(event), 0, -1);
  }

  closed(): this {
    return this.event({ event: "closed", clientBytes: this.#positions.client, targetBytes: this.#positions.target });
  }

  #put(kind: RecordKind, body: Uint8Array, position: number, firstFrame: number): this {
    this.#time += 1.25;
    this.records.push({ kind, conversation: this.#id, time: this.#time, position, firstFrame, body });
    return this;
  }
}
