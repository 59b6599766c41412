/**
 * RFC 6455 §5–§8 and RFC 7692 §6–§7, read from the receiver's side: what a byte stream means to an endpoint that follows every
 * sentence. The oracle reads the fuzzer's own bytes with it, the judge the target's answer.
 */
import { concat } from "../wire/bytes.ts";
import { readFrames, shortestForm, RSV1, type LengthForm, type ReadFrame } from "../wire/frame.ts";
import { MessageInflater } from "../wire/inflate.ts";
import { isUtf8, Utf8Reader } from "../wire/utf8.ts";

/** Close codes an endpoint that fails the connection may give, and where the rule stands. */
interface ViolationRow {
  readonly section: string;
  readonly codes: readonly number[];
  readonly title: string;
  readonly tolerated?: boolean;
}

const ROWS: Readonly<Record<ViolationKind, ViolationRow>> = {
  masking: { section: "RFC 6455 §5.1", codes: [1002], title: "a frame masked as the other role would" },
  rsv: { section: "RFC 6455 §5.2", codes: [1002], title: "a reserved bit that no extension defines" },
  opcode: { section: "RFC 6455 §5.2", codes: [1002], title: "a reserved opcode" },
  "length-top-bit": { section: "RFC 6455 §5.2", codes: [1002, 1009], title: "a 64-bit length whose most significant bit is 1" },
  "control-fragmented": { section: "RFC 6455 §5.5", codes: [1002], title: "a fragmented control frame" },
  "control-too-long": { section: "RFC 6455 §5.5", codes: [1002, 1009], title: "a control frame with more than 125 bytes" },
  "continuation-without-start": { section: "RFC 6455 §5.4", codes: [1002], title: "a continuation frame with nothing to continue" },
  "message-inside-message": { section: "RFC 6455 §5.4", codes: [1002], title: "a new message inside a fragmented one" },
  utf8: { section: "RFC 6455 §8.1", codes: [1007], title: "a text message that is not UTF-8" },
  "close-one-byte": { section: "RFC 6455 §5.5.1", codes: [1002], title: "a Close frame with a one-byte payload" },
  "close-code": { section: "RFC 6455 §7.4", codes: [1002], title: "a Close code that must not be sent" },
  "close-reason-utf8": { section: "RFC 6455 §5.5.1", codes: [1007, 1002], title: "a Close reason that is not UTF-8" },
  "rsv1-control": { section: "RFC 7692 §6.1", codes: [1002], title: "RSV1 on a control frame" },
  "rsv1-continuation": { section: "RFC 7692 §6.1", codes: [1002], title: "RSV1 on a continuation frame" },
  "deflate-data": { section: "RFC 7692 §7.2.2", codes: [1002, 1003, 1007, 1011], title: "a compressed message that cannot be inflated" },
  // zlib does not notice, so most receivers deliver what there is (RFC 7692 has no sentence about it).
  "deflate-truncated": {
    section: "RFC 7692 §7.2.2",
    codes: [1002, 1003, 1007, 1011],
    title: "a compressed message that is cut short",
    tolerated: true,
  },
  // Tolerated: a receiver may go on, with a warning in the report.
  "non-minimal-length": {
    section: "RFC 6455 §5.2",
    codes: [1002],
    title: "a length that is not written in the fewest bytes",
    tolerated: true,
  },
  "utf8-late": {
    section: "RFC 6455 §8.1",
    codes: [1007],
    title: "bytes in an unfinished text message that cannot be UTF-8",
    tolerated: true,
  },
  "close-code-unassigned": {
    section: "RFC 6455 §7.4.2",
    codes: [1002],
    title: "a Close code nobody has defined (1004, 1016–2999, 5000 and above)",
    tolerated: true,
  },
};

export type ViolationKind =
  | "masking"
  | "rsv"
  | "opcode"
  | "length-top-bit"
  | "control-fragmented"
  | "control-too-long"
  | "continuation-without-start"
  | "message-inside-message"
  | "utf8"
  | "close-one-byte"
  | "close-code"
  | "close-reason-utf8"
  | "rsv1-control"
  | "rsv1-continuation"
  | "deflate-data"
  | "deflate-truncated"
  | "non-minimal-length"
  | "utf8-late"
  | "close-code-unassigned";

export const VIOLATIONS: Readonly<Record<ViolationKind, ViolationRow>> = ROWS;

export function isTolerated(kind: ViolationKind): boolean {
  return VIOLATIONS[kind].tolerated === true;
}

/** Found by looking into a message, which may be done beside the connection: control frames behind it may be answered meanwhile. */
export function isFoundLate(kind: ViolationKind): boolean {
  return kind === "deflate-data" || kind === "deflate-truncated" || kind === "utf8";
}

/** What both sides agreed on in the opening handshake. */
export interface Agreement {
  deflate?: DeflateAgreement | undefined;
  subprotocol?: string | undefined;
}

export interface DeflateAgreement {
  clientNoContextTakeover: boolean;
  serverNoContextTakeover: boolean;
  clientMaxWindowBits: number;
  serverMaxWindowBits: number;
}

export type Received =
  | { kind: "message"; opcode: number; payload: Uint8Array; compressed: boolean; fragments: number; end: number }
  | { kind: "ping"; payload: Uint8Array; end: number }
  | { kind: "pong"; payload: Uint8Array; end: number }
  | { kind: "close"; code: number | undefined; reason: Uint8Array; end: number }
  /** `optional`: the offending frame is not complete, so nobody has to have noticed yet. */
  | { kind: "violation"; violation: ViolationKind; optional: boolean; end: number };

export interface Receipt {
  events: Received[];
  frames: ReadFrame[];
  /** The stream ends inside a frame. */
  partial: boolean;
  /** A fragmented message was begun and not ended. */
  unfinished: boolean;
  /** Bytes behind a Close frame or a violation: nobody may act on them. */
  ignored: number;
  /** A message inflates to more than was looked at. */
  tooBig: boolean;
}

/** Codes an endpoint may put into a Close frame, §7.4, with the codes of IANA's registry. */
export function closeCodeKind(code: number): "valid" | "unassigned" | "invalid" {
  if (code >= 3000 && code <= 4999) return "valid";
  if (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) return "valid";
  if (code === 1004 || (code >= 1016 && code <= 2999) || code >= 5000) return "unassigned";
  return "invalid";
}

export interface ReceiveOptions {
  /** Who receives: "server" wants masked frames. */
  receiver: "client" | "server";
  agreement: Agreement;
  /** Tolerated violations that this receiver lets pass. */
  lenient?: ReadonlySet<ViolationKind>;
  /** Inflated messages stop here. */
  maxMessage?: number;
  /** Offsets at which the sender paused to see what happens: what could be known there has to be. */
  pauses?: readonly number[];
}

export function inflaterFor(sender: "client" | "server", deflate: DeflateAgreement): MessageInflater {
  return sender === "client"
    ? new MessageInflater({ noContextTakeover: deflate.clientNoContextTakeover, windowBits: deflate.clientMaxWindowBits })
    : new MessageInflater({ noContextTakeover: deflate.serverNoContextTakeover, windowBits: deflate.serverMaxWindowBits });
}

/** What the first bytes of a header say of the length, as far as they say it: a length that breaks nothing where it is not known. */
function partialLength(rest: Uint8Array): { length: bigint; lengthForm: LengthForm } {
  const short = (rest[1] ?? 0) & 0x7f;
  if (short < 126) return { length: BigInt(short), lengthForm: 7 };
  const bytes = short === 126 ? 2 : 8;
  const lengthForm = short === 126 ? 16 : 64;
  if (rest.length >= 2 + bytes) {
    let length = 0n;
    for (let index = 0; index < bytes; index++) length = (length << 8n) | BigInt(rest[2 + index]!);
    return { length, lengthForm };
  }
  if (lengthForm === 64 && (rest[2] ?? 0) >= 0x80) return { length: 1n << 63n, lengthForm };
  return { length: short === 126 ? 126n : 65_536n, lengthForm };
}

/** Follows the RFC through a byte stream until its end, a Close frame or the first violation. */
export function receive(bytes: Uint8Array, options: ReceiveOptions): Receipt {
  const { receiver, agreement } = options;
  const lenient = options.lenient ?? new Set<ViolationKind>();
  const inflater =
    agreement.deflate === undefined ? undefined : inflaterFor(receiver === "server" ? "client" : "server", agreement.deflate);
  const { frames, rest } = readFrames(bytes);
  const events: Received[] = [];
  let tooBig = false;
  let message: { opcode: number; compressed: boolean; pieces: Uint8Array[]; length: number; text: Utf8Reader } | undefined;

  function headerViolation(frame: ReadFrame): ViolationKind | undefined {
    const control = frame.opcode >= 8;
    // §5.2, as changed by RFC 7692 §6: RSV1 marks the first frame of a compressed message.
    if ((frame.rsv & ~RSV1) !== 0) return "rsv";
    if ((frame.rsv & RSV1) !== 0) {
      if (inflater === undefined) return "rsv";
      if (control) return "rsv1-control";
      if (frame.opcode === 0) return "rsv1-continuation";
    }
    if ((frame.opcode >= 3 && frame.opcode <= 7) || frame.opcode >= 11) return "opcode";
    // §5.1: a server closes upon an unmasked frame, a client upon a masked one.
    if (frame.masked !== (receiver === "server")) return "masking";
    if (frame.lengthForm === 64 && frame.length >> 63n === 1n) return "length-top-bit";
    if (control && !frame.fin) return "control-fragmented";
    if (control && frame.length > 125n) return "control-too-long";
    if (frame.opcode === 0 && message === undefined) return "continuation-without-start";
    if (!control && frame.opcode !== 0 && message !== undefined) return "message-inside-message";
    if (frame.lengthForm !== shortestForm(frame.length) && !lenient.has("non-minimal-length")) return "non-minimal-length";
    return undefined;
  }
  function closeViolation(payload: Uint8Array): ViolationKind | undefined {
    if (payload.length === 0) return undefined;
    if (payload.length === 1) return "close-one-byte";
    const kind = closeCodeKind(payload[0]! * 256 + payload[1]!);
    if (kind === "invalid") return "close-code";
    if (kind === "unassigned" && !lenient.has("close-code-unassigned")) return "close-code-unassigned";
    if (!isUtf8(payload.subarray(2))) return "close-reason-utf8";
    return undefined;
  }
  const done = (frame: ReadFrame): Receipt => ({
    events,
    frames,
    partial: !frame.complete,
    unfinished: message !== undefined,
    ignored: bytes.length - frame.end,
    tooBig,
  });

  for (const frame of frames) {
    const bad = headerViolation(frame);
    if (bad !== undefined) {
      events.push({ kind: "violation", violation: bad, optional: !frame.complete, end: frame.end });
      return done(frame);
    }
    if (frame.opcode < 8) {
      if (frame.opcode !== 0)
        message = { opcode: frame.opcode, compressed: (frame.rsv & RSV1) !== 0, pieces: [], length: 0, text: new Utf8Reader() };
      const current = message!;
      current.pieces.push(frame.payload);
      const last = frame.complete && frame.fin;
      if (current.opcode === 1 && !current.compressed) {
        const before = current.length;
        current.length += frame.payload.length;
        current.text.read(frame.payload);
        const badAt = current.text.badAt === undefined ? Infinity : frame.start + frame.headerLength + current.text.badAt - before + 1;
        if (!lenient.has("utf8-late") && options.pauses?.some((pause) => pause >= badAt && pause < frame.end) === true) {
          events.push({ kind: "violation", violation: "utf8-late", optional: false, end: badAt });
          return done(frame);
        }
      }
      // §8.1 on what is there of a text message.
      if (!last && current.text.badAt !== undefined && !lenient.has("utf8-late")) {
        events.push({ kind: "violation", violation: "utf8-late", optional: false, end: frame.end });
        return done(frame);
      }
      if (!last) continue;
      message = undefined;
      const { text } = current;
      const raw = concat(current.pieces);
      let payload = raw;
      if (current.compressed) {
        const inflated = inflater!.message(raw, options.maxMessage);
        if (
          inflated.problem !== undefined &&
          inflated.problem !== "too-big" &&
          !(inflated.problem === "truncated" && lenient.has("deflate-truncated"))
        ) {
          events.push({
            kind: "violation",
            violation: inflated.problem === "truncated" ? "deflate-truncated" : "deflate-data",
            optional: false,
            end: frame.end,
          });
          return done(frame);
        }
        payload = inflated.output;
        tooBig ||= inflated.problem === "too-big";
      }
      if (current.opcode === 1 && (current.compressed ? !isUtf8(payload) : text.badAt !== undefined || text.incomplete)) {
        events.push({ kind: "violation", violation: "utf8", optional: false, end: frame.end });
        return done(frame);
      }
      events.push({
        kind: "message",
        opcode: current.opcode,
        payload,
        compressed: current.compressed,
        fragments: current.pieces.length,
        end: frame.end,
      });
    } else if (!frame.complete) continue;
    else if (frame.opcode === 8) {
      const violation = closeViolation(frame.payload);
      if (violation !== undefined) events.push({ kind: "violation", violation, optional: false, end: frame.end });
      else {
        const code = frame.payload.length === 0 ? undefined : frame.payload[0]! * 256 + frame.payload[1]!;
        events.push({ kind: "close", code, reason: frame.payload.slice(2), end: frame.end });
      }
      return done(frame);
    } else if (frame.opcode === 9) events.push({ kind: "ping", payload: frame.payload, end: frame.end });
    else events.push({ kind: "pong", payload: frame.payload, end: frame.end });
  }
  // Of a header that is not complete, the bytes that are there may be wrong already.
  if (rest.length > 0) {
    const masked = rest.length > 1 ? rest[1]! >= 0x80 : receiver === "server";
    const { length, lengthForm } = partialLength(rest);
    const begun: ReadFrame = {
      start: bytes.length - rest.length,
      end: bytes.length,
      headerLength: rest.length,
      fin: rest[0]! >= 0x80,
      rsv: (rest[0]! >> 4) & 7,
      opcode: rest[0]! & 15,
      masked,
      maskingKey: 0,
      lengthForm,
      length,
      payload: new Uint8Array(0),
      complete: false,
    };
    const bad = headerViolation(begun);
    if (bad !== undefined) events.push({ kind: "violation", violation: bad, optional: true, end: bytes.length });
  }
  const last = frames[frames.length - 1];
  return { events, frames, partial: rest.length > 0 || last?.complete === false, unfinished: message !== undefined, ignored: 0, tooBig };
}
