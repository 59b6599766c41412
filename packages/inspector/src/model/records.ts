/**
 * The live feed from the proxy to the page: records, one behind the other, several in one binary message.
 *
 *     kind 1 octet · conversation 4 · time 8 (float, ms since 1970) · position 8 (float) · first frame 4 · length 4 · body
 *
 * All numbers are big-endian. Octets travel raw: the page decodes them. `position` is the index of the first octet in its
 * direction of the conversation, so that the page sees by itself what it was not given; `first frame` is where in
 * the body the first frame starts (-1: nowhere), so that it can go on decoding behind such a gap.
 */
export const RecordKind = {
  /** Body: JSON `ConversationStart`. */
  OPENED: 1,
  /** Body: octets as the client sent them. */
  CLIENT_BYTES: 2,
  /** Body: octets as the target sent them. */
  TARGET_BYTES: 3,
  /** Payload octets that were forwarded and not kept. Body: their number, a float. */
  CLIENT_OMITTED: 4,
  TARGET_OMITTED: 5,
  /** Body: JSON `ConversationEvent`. */
  EVENT: 6,
  /** Conversation 0. Body: JSON `Setup`. */
  SETUP: 7,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

export type Direction = "client" | "target";

export interface Address {
  readonly address: string;
  readonly port: number;
}

export interface Target {
  readonly name: string;
  readonly url: string;
}

export interface ConversationStart {
  readonly client: Address;
  /** Where the inspector accepted the connection. */
  readonly local: Address;
  readonly target: Target;
}

/** A header field that `--rewrite-host` changed on its way to the target. */
export interface Rewritten {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export type ConversationEvent =
  /** The TCP (and TLS) connection to the target stands. */
  | { readonly event: "connected"; readonly remote: Address; readonly tls?: string }
  | { readonly event: "rewritten"; readonly fields: readonly Rewritten[] }
  /** `side` sends nothing more. */
  | { readonly event: "ended"; readonly side: Direction }
  | { readonly event: "reset"; readonly side: Direction; readonly reason: string }
  /** The target could not be reached: the inspector answered with 502 itself. */
  | { readonly event: "unreachable"; readonly reason: string }
  | { readonly event: "closed"; readonly clientBytes: number; readonly targetBytes: number };

export interface Setup {
  readonly targets: readonly Target[];
  /** Index of the target of new conversations. */
  readonly selected: number;
  readonly rewriteHost: boolean;
  /** Payload octets kept of each frame. */
  readonly keepPayload: number;
}

export interface FeedRecord {
  readonly kind: RecordKind;
  readonly conversation: number;
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  readonly position: number;
  readonly firstFrame: number;
  readonly body: Uint8Array;
}

export const RECORD_HEADER = 29;

/** Writes records behind one another: COPY. */
export function encodeRecords(records: readonly FeedRecord[]): Uint8Array {
  let length = 0;
  for (const record of records) length += RECORD_HEADER + record.body.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (const record of records) {
    view.setUint8(at, record.kind);
    view.setUint32(at + 1, record.conversation);
    view.setFloat64(at + 5, record.time);
    view.setFloat64(at + 13, record.position);
    view.setInt32(at + 21, record.firstFrame);
    view.setUint32(at + 25, record.body.length);
    bytes.set(record.body, at + RECORD_HEADER);
    at += RECORD_HEADER + record.body.length;
  }
  return bytes;
}

/** Reads what `encodeRecords` wrote; bodies are VIEWS. Throws RangeError when the bytes end within a record. */
export function decodeRecords(bytes: Uint8Array): FeedRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: FeedRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = view.getUint32(at + 25);
    const end = at + RECORD_HEADER + length;
    if (end > bytes.length) throw new RangeError("The feed's message ends within a record.");
    records.push({
      kind: view.getUint8(at) as RecordKind,
      conversation: view.getUint32(at + 1),
      time: view.getFloat64(at + 5),
      position: view.getFloat64(at + 13),
      firstFrame: view.getInt32(at + 21),
      body: bytes.subarray(at + RECORD_HEADER, end),
    });
    at = end;
  }
  return records;
}

/** JSON in US-ASCII, so that no encoder is needed: every other character is escaped. */
export function encodeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

export function decodeJson(bytes: Uint8Array): unknown {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return JSON.parse(text);
}

/** The body of an OMITTED record. */
export function encodeCount(count: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setFloat64(0, count);
  return bytes;
}

export function decodeCount(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
}
