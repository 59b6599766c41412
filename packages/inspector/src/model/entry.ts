/** What the time line of a conversation consists of. */
import type { FrameHeader } from "@ws/codec";

import type { Problem, ReadRequest, ReadResponse } from "./handshake.ts";
import type { Inflated } from "./inflation.ts";
import type { Address, Direction, Rewritten, Target } from "./records.ts";

export interface Piece {
  readonly time: number;
  /** Index of the first octet in its direction of the conversation. */
  readonly position: number;
  /** As on the wire. VIEW of the feed's message. */
  readonly bytes: Uint8Array;
}

interface EntryBase {
  /** Rises over all conversations. */
  readonly id: number;
  readonly conversation: Conversation;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly problems: Problem[];
}

export interface HeadEntry extends EntryBase {
  readonly kind: "head";
  readonly direction: Direction;
  readonly pieces: Piece[];
  readonly head: ReadRequest | ReadResponse;
}

export interface FrameEntry extends EntryBase {
  readonly kind: "frame";
  readonly direction: Direction;
  /** Counts the frames of its direction from 1. */
  readonly number: number;
  /** Index of the first header octet in its direction. */
  readonly position: number;
  readonly header: FrameHeader;
  readonly headerBytes: Uint8Array;
  /** The beginning of the payload, masked as on the wire. */
  readonly pieces: Piece[];
  /** Payload octets in `pieces`. */
  kept: number;
  /** Payload octets that passed and were not kept. */
  omitted: number;
  /** The whole frame has passed. */
  complete: boolean;
  endTime: number;
  /** Its place in a message; undefined for control frames, and behind a gap. */
  message: MessagePart | undefined;
  close: CloseInfo | undefined;
  /** The last frame of a compressed message: what the message says. */
  inflated: Inflated | "unavailable" | undefined;
  /** A Pong: the Ping it answers. A Close: the Close it answers. */
  answers: { readonly entry: FrameEntry; readonly milliseconds: number } | undefined;
}

export interface MessagePart {
  /** Counts the messages of its direction from 1. */
  readonly number: number;
  readonly opcode: number;
  /** Counts the fragments from 1; a message in one frame has just this one. */
  readonly fragment: number;
  readonly last: boolean;
  /** RFC 7692: RSV1 on the message's first frame. */
  readonly compressed: boolean;
}

export interface CloseInfo {
  /** undefined: an empty Close. */
  readonly code: number | undefined;
  readonly reason: string;
}

export interface OpaqueEntry extends EntryBase {
  readonly kind: "opaque";
  readonly direction: Direction;
  readonly pieces: Piece[];
  kept: number;
  omitted: number;
}

export interface NoteEntry extends EntryBase {
  readonly kind: "note";
  readonly direction: Direction | undefined;
  readonly text: string;
  readonly tone: "plain" | "warning" | "error";
  /** What `direction` did to its TCP connection. */
  readonly tcp: "fin" | "rst" | undefined;
}

export type Entry = HeadEntry | FrameEntry | OpaqueEntry | NoteEntry;

export interface DirectionCount {
  frames: number;
  messages: number;
  bytes: number;
}

export interface Conversation {
  readonly id: number;
  readonly started: number;
  readonly client: Address;
  readonly local: Address;
  readonly target: Target;
  remote: Address | undefined;
  tls: string | undefined;
  rewritten: readonly Rewritten[];
  request: ReadRequest | undefined;
  response: ReadResponse | undefined;
  /** What the status dot shows. */
  state: "connecting" | "open" | "closing" | "closed" | "refused" | "failed";
  ended: number | undefined;
  /** The Close of either side that came first. */
  close: (CloseInfo & { readonly by: Direction }) | undefined;
  problems: number;
  readonly counts: Readonly<Record<Direction, DirectionCount>>;
}
