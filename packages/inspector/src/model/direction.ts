/**
 * One direction of a conversation: octets in, heads and frames out, with what is wrong about them.
 *
 * It sees a copy, perhaps with holes: the proxy keeps only the beginning of long payloads, and a page that lagged lost
 * some. It never fails; it names the rule (RFC 6455 §5) and goes on, as long as there are frames to find.
 */
import {
  decodeClosePayload,
  Opcode,
  ProtocolError,
  type ProtocolErrorCode,
  type Role,
  Utf8Validator,
  validateFrameHeader,
} from "@ws/codec";
import { concatenate } from "@ws/protocol/internal";

import type { Conversation, Entry, FrameEntry, HeadEntry, MessagePart, NoteEntry, OpaqueEntry, Piece } from "./entry.ts";
import { type Problem, readRequest, readResponse } from "./handshake.ts";
import { inflaterFor, type Inflater } from "./inflation.ts";
import { explainError } from "./names.ts";
import { joinPieces, payloadOf } from "./payload.ts";
import type { Direction } from "./records.ts";
import { Part, StreamWalk } from "./walk.ts";

/** Octets of one compressed message that are gathered. */
const MAX_COMPRESSED = 16 * 1024 * 1024;

/** Where entries go; ids are the log's. */
export interface DirectionSink {
  add<E extends Entry>(entry: Omit<E, "id" | "conversation">): E;
  /** Octets of an entry were kept. */
  kept(entry: Entry, count: number): void;
  /** A frame has all its payload. */
  completed(frame: FrameEntry): void;
  found(entry: Entry, problem: Problem): void;
}

/** The message under way. Unknown: after a gap, until a frame says where it stands. */
type MessageState = { readonly kind: "none" | "unknown" } | { readonly kind: "fragmented"; readonly part: MessagePart };

export class DirectionReader {
  readonly #direction: Direction;
  readonly #role: Role;
  readonly #conversation: Conversation;
  readonly #sink: DirectionSink;
  readonly #walk: StreamWalk = new StreamWalk();
  #position = 0;
  #headPieces: Piece[] = [];
  #frame: FrameEntry | undefined;
  #frames = 0;
  #messages = 0;
  #opaque: OpaqueEntry | undefined;
  #message: MessageState = { kind: "none" };
  #utf8: Utf8Validator | undefined;
  #inflater: Inflater | undefined;
  /** The frames of the compressed message under way. */
  #compressed: FrameEntry[] = [];
  #compressedLength = 0;
  #closeSent = false;
  /** Octets are missing, and the next frame has not been found yet. */
  #lost = false;
  /** Octets were missing at some time. */
  #gap = false;

  constructor(direction: Direction, conversation: Conversation, sink: DirectionSink) {
    this.#direction = direction;
    // The rules are those of the side that receives the frames.
    this.#role = direction === "client" ? "server" : "client";
    this.#conversation = conversation;
    this.#sink = sink;
  }

  /** `position`: index of the first octet in this direction; `firstFrame`: where in `bytes` a frame starts, or -1. */
  bytes(bytes: Uint8Array, position: number, firstFrame: number, time: number): void {
    this.#arrive(position, bytes.length, time);
    let at = 0;
    if (this.#lost) {
      if (firstFrame < 0) return;
      at = firstFrame;
      this.#lost = false;
      this.#walk.expectFrame();
    }
    while (at < bytes.length) {
      const end = this.#walk.advance(bytes, at);
      this.#part(bytes.subarray(at, end), position + at, time);
      at = end;
    }
  }

  /** Payload octets passed that the proxy did not keep. */
  omitted(count: number, position: number, time: number): void {
    this.#arrive(position, count, time);
    if (this.#lost) return;
    if (this.#opaque !== undefined) {
      this.#opaque.omitted += count;
      return;
    }
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#walk.skip(count);
    frame.omitted += count;
    frame.endTime = time;
    this.#utf8 = undefined;
    if (this.#walk.payloadLeft === 0) this.#complete(frame);
  }

  #arrive(position: number, count: number, time: number): void {
    if (position !== this.#position) this.#lose(position - this.#position, time);
    this.#position = position + count;
    this.#conversation.counts[this.#direction].bytes = this.#position;
  }

  #part(bytes: Uint8Array, position: number, time: number): void {
    switch (this.#walk.part) {
      case Part.HEAD:
        this.#headPieces.push({ time, position, bytes });
        if (this.#walk.complete) this.#head();
        break;
      case Part.HEADER:
        if (this.#walk.complete) this.#header(position + bytes.length, time);
        break;
      case Part.PAYLOAD:
        this.#payload({ time, position, bytes });
        break;
      case Part.OPAQUE:
        this.#opaquePiece({ time, position, bytes });
        break;
    }
  }

  #head(): void {
    const pieces = this.#headPieces;
    this.#headPieces = [];
    const bytes = joinPieces(pieces);
    const head = this.#direction === "client" ? readRequest(bytes) : readResponse(bytes, this.#conversation.request);
    const entry = this.#sink.add<HeadEntry>({
      kind: "head",
      direction: this.#direction,
      time: pieces[0]!.time,
      pieces,
      head,
      problems: [],
    });
    this.#sink.kept(entry, bytes.length);
    for (const problem of head.problems) this.#sink.found(entry, problem);
    if (head.kind === "request") {
      this.#conversation.request = head;
      return;
    }
    this.#conversation.response = head;
    if (head.status === 101) this.#conversation.state = "open";
    else if (head.status !== undefined && head.status < 200) this.#walk.expectHead();
    else {
      this.#conversation.state = "refused";
      this.#walk.expectOpaque();
    }
  }

  #header(end: number, time: number): void {
    const header = this.#walk.header!;
    this.#frames += 1;
    const frame: FrameEntry = this.#sink.add<FrameEntry>({
      kind: "frame",
      direction: this.#direction,
      time,
      endTime: time,
      number: this.#frames,
      position: end - header.headerLength,
      header,
      headerBytes: this.#walk.headerBytes,
      pieces: [],
      kept: 0,
      omitted: 0,
      complete: false,
      message: undefined,
      close: undefined,
      inflated: undefined,
      answers: undefined,
      problems: [],
    });
    this.#sink.kept(frame, header.headerLength);
    this.#conversation.counts[this.#direction].frames += 1;
    const code = validateFrameHeader(header, this.#role, { rsv: this.#allowedRsv() });
    if (code !== undefined) this.#found(frame, code);
    // §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
    if (this.#closeSent && header.opcode < Opcode.CLOSE) {
      this.#sink.found(frame, { code: "DATA_AFTER_CLOSE", section: "RFC 6455 §5.5.1", message: "a data frame after a Close frame" });
    }
    if (header.opcode < Opcode.CLOSE) this.#dataFrame(frame);
    if (header.payloadLength === 0) this.#complete(frame);
    else this.#frame = frame;
  }

  /** §5.4: which message the frame belongs to. */
  #dataFrame(frame: FrameEntry): void {
    const { opcode, fin, rsv } = frame.header;
    const before = this.#message;
    if (opcode === Opcode.CONTINUATION) {
      if (before.kind === "none") this.#found(frame, "CONTINUATION_UNEXPECTED");
      if (before.kind !== "fragmented") {
        // Of a message whose beginning is not known, nothing is known before its end.
        if (fin) this.#message = { kind: "none" };
        return;
      }
      frame.message = { ...before.part, fragment: before.part.fragment + 1, last: fin };
    } else {
      if (before.kind === "fragmented") this.#found(frame, "CONTINUATION_EXPECTED");
      this.#messages += 1;
      this.#conversation.counts[this.#direction].messages += 1;
      const compressed = (rsv & 4) !== 0 && (this.#allowedRsv() & 4) !== 0;
      frame.message = { number: this.#messages, opcode, fragment: 1, last: fin, compressed };
      this.#utf8 = opcode === Opcode.TEXT && !compressed ? new Utf8Validator() : undefined;
    }
    this.#message = fin ? { kind: "none" } : { kind: "fragmented", part: frame.message };
  }

  #payload(piece: Piece): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    frame.pieces.push(piece);
    frame.kept += piece.bytes.length;
    frame.endTime = piece.time;
    this.#sink.kept(frame, piece.bytes.length);
    if (this.#walk.complete) this.#complete(frame);
  }

  #complete(frame: FrameEntry): void {
    this.#frame = undefined;
    frame.complete = true;
    const { opcode } = frame.header;
    if (opcode === Opcode.CLOSE) this.#close(frame);
    else if (frame.message?.compressed === true) this.#compressedFrame(frame, frame.message);
    else if (frame.message?.opcode === Opcode.TEXT && this.#utf8 !== undefined) this.#text(frame, this.#utf8);
    this.#sink.completed(frame);
  }

  /** §8.1: over the whole message, fragment by fragment. */
  #text(frame: FrameEntry, validator: Utf8Validator): void {
    const payload = payloadOf(frame);
    const valid = validator.write(payload) && (frame.message?.last !== true || validator.pending === 0);
    if (valid && frame.message?.last !== true) return;
    this.#utf8 = undefined;
    if (!valid) this.#found(frame, "INVALID_UTF8");
  }

  /** RFC 7692 §6.2: the payloads of a message's frames, joined, are what was compressed. */
  #compressedFrame(frame: FrameEntry, { opcode, fragment, last }: MessagePart): void {
    if (fragment === 1) {
      this.#compressed = [];
      this.#compressedLength = 0;
    }
    this.#compressed.push(frame);
    this.#compressedLength += frame.kept;
    // A message that does not fit is not held back for: its frames would outlive their place in the log.
    if (this.#compressedLength > MAX_COMPRESSED) this.#compressed = [];
    if (!last) return;
    const frames = this.#compressed;
    this.#compressed = [];
    const whole = frames.length === fragment && frames.every(({ omitted }) => omitted === 0);
    this.#inflater ??= inflaterFor(this.#direction, this.#conversation.response?.extensions ?? []);
    const result = this.#inflater?.inflate(whole ? concatenate(frames.map((each) => payloadOf(each))) : undefined) ?? "unavailable";
    if (result === "malformed") this.#found(frame, "INVALID_COMPRESSED_PAYLOAD");
    frame.inflated = typeof result === "string" ? "unavailable" : result;
    if (typeof result === "string") return;
    this.#sink.kept(frame, result.bytes.length);
    // §8.1 holds for what came out.
    const validator = new Utf8Validator();
    const valid = validator.write(result.bytes) && (validator.pending === 0 || result.bytes.length < result.length);
    if (opcode === Opcode.TEXT && !valid) this.#found(frame, "INVALID_UTF8");
  }

  #close(frame: FrameEntry): void {
    this.#closeSent = true;
    const payload = decodeClosePayload(payloadOf(frame));
    if (payload instanceof Error) {
      this.#found(frame, payload.code);
      const bytes = payloadOf(frame, 2);
      frame.close = { code: bytes.length < 2 ? undefined : bytes[0]! * 256 + bytes[1]!, reason: "" };
      return;
    }
    frame.close = { code: frame.kept === 0 ? undefined : payload.code, reason: payload.reason };
  }

  #opaquePiece(piece: Piece): void {
    if (this.#opaque === undefined) {
      // A head that never ended, or was none.
      const pieces = this.#headPieces.splice(0);
      const { time } = pieces[0] ?? piece;
      this.#opaque = this.#sink.add<OpaqueEntry>({
        kind: "opaque",
        direction: this.#direction,
        time,
        pieces,
        kept: 0,
        omitted: 0,
        problems: [],
      });
      for (const { bytes } of pieces) this.#opaque.kept += bytes.length;
      this.#sink.kept(this.#opaque, this.#opaque.kept);
    }
    this.#opaque.pieces.push(piece);
    this.#opaque.kept += piece.bytes.length;
    this.#sink.kept(this.#opaque, piece.bytes.length);
  }

  /** The direction ended: what is unfinished is shown as it is. */
  end(): void {
    for (const piece of this.#headPieces.splice(0)) this.#opaquePiece(piece);
  }

  /** Octets are missing: nothing is decoded until the feed says where a frame starts. */
  #lose(count: number, time: number): void {
    this.#lost = this.#gap = true;
    this.#frame = undefined;
    this.#opaque = undefined;
    this.#headPieces = [];
    this.#utf8 = undefined;
    this.#message = { kind: "unknown" };
    // The window has a hole.
    this.#inflater ??= inflaterFor(this.#direction, this.#conversation.response?.extensions ?? []);
    this.#inflater?.inflate(undefined);
    if (this.#conversation.state === "connecting") this.#conversation.state = "open";
    this.#sink.add<NoteEntry>({
      kind: "note",
      direction: this.#direction,
      time,
      tone: "warning",
      tcp: undefined,
      text: `${count.toLocaleString("en")} bytes are not shown: they were cleared, or left the inspector's history before the page could read them.`,
      problems: [],
    });
  }

  /** RFC 7692 §6: RSV1 has a meaning once permessage-deflate is agreed. */
  #allowedRsv(): number {
    const { response } = this.#conversation;
    if (response === undefined) return this.#gap ? 7 : 0;
    return response.extensions.some(({ name }) => name === "permessage-deflate") ? 4 : 0;
  }

  #found(frame: FrameEntry, code: ProtocolErrorCode): void {
    this.#sink.found(frame, { code, section: new ProtocolError(code).section, message: explainError(code) });
  }
}
