/**
 * The proxy's bounded memory of what passed: records in one ring for all conversations, read by any number of pages at their own pace.
 *
 * The forwarding path calls `bytes` and goes on at once. A page that reads slowly loses the oldest records, never
 * the newest, and never delays the conversation.
 */
import { Part, StreamWalk, statusOf } from "../model/walk.ts";
import {
  type ConversationEvent,
  type ConversationStart,
  type Direction,
  type FeedRecord,
  encodeCount,
  encodeJson,
  RECORD_HEADER,
  RecordKind,
} from "../model/records.ts";

export interface RecorderLimits {
  /** Octets held for pages that read later or slowly. */
  readonly history: number;
  /** Payload octets kept of each frame; the rest is counted. */
  readonly keepPayload: number;
}

interface Numbered {
  readonly sequence: number;
  readonly record: FeedRecord;
}

interface Recorded {
  readonly id: number;
  /** The start and both heads, so that a page that comes late, or lagged, still knows what was agreed. */
  readonly opening: Numbered[];
  openingLength: number;
  /** Kinds of records in which a frame has begun. */
  readonly framed: Set<RecordKind>;
  ending: Numbered | undefined;
  /** Records of it in the ring. */
  held: number;
}

/** Counted for every record besides its body: what the objects around it take. */
const RECORD_OVERHEAD = 160;
/** Octets of both heads that are kept for late pages. */
const MAX_OPENING = 65_536;
const OMITTED_KINDS: ReadonlySet<RecordKind> = new Set([RecordKind.CLIENT_OMITTED, RecordKind.TARGET_OMITTED]);
/** Conversations that are remembered only for having ended. */
const MAX_GONE = 1024;
/** Milliseconds between two reports about one payload that is not kept. */
const OMITTED_INTERVAL = 100;

export class Recorder {
  readonly limits: RecorderLimits;
  #ring: Numbered[] = [];
  #oldest = 0;
  #held = 0;
  #sequence = 0;
  readonly #conversations: Map<number, Recorded> = new Map();
  /** Conversations that ended and have no record in the ring any more. */
  readonly #gone: number[] = [];
  readonly #readers: Set<RecordReader> = new Set();
  readonly #now: () => number;

  constructor(limits: RecorderLimits, now: () => number) {
    this.limits = limits;
    this.#now = now;
  }

  /** Starts recording a conversation under a number of the caller's. */
  open(id: number, start: ConversationStart): ConversationRecorder {
    const recorded: Recorded = { id, opening: [], openingLength: 0, framed: new Set(), ending: undefined, held: 0 };
    this.#conversations.set(id, recorded);
    this.#add(recorded, {
      kind: RecordKind.OPENED,
      conversation: id,
      time: this.#now(),
      position: 0,
      firstFrame: -1,
      body: encodeJson(start),
    });
    return new ConversationRecorder(id, this.limits.keepPayload, this.#now, (record, ending) => {
      this.#add(recorded, record, ending);
    });
  }

  /** Octets held now. */
  get held(): number {
    return this.#held;
  }

  /** A reader from the oldest record that is still held; `wake` is called when it has read everything and more arrives. */
  reader(wake: () => void): RecordReader {
    const reader = new RecordReader(
      (from) => this.#after(from),
      (id) => this.#conversations.get(id),
      () => [...this.#conversations.values()],
      wake,
      () => this.#readers.delete(reader),
    );
    this.#readers.add(reader);
    return reader;
  }

  /** Forgets everything that is over; running conversations go on. */
  clear(): void {
    while (this.#oldest < this.#ring.length) this.#dropOldest();
    this.#compact();
  }

  #add(recorded: Recorded, record: FeedRecord, ending = false): void {
    const numbered = { sequence: this.#sequence, record };
    this.#sequence += 1;
    this.#ring.push(numbered);
    this.#held += record.body.length + RECORD_OVERHEAD;
    recorded.held += 1;
    if (ending) recorded.ending = numbered;
    this.#keepOpening(recorded, numbered);
    while (this.#held > this.limits.history && this.#oldest < this.#ring.length - 1) this.#dropOldest();
    this.#compact();
    for (const reader of this.#readers) reader.wake();
  }

  /** The opening is everything that stands before the first frame of each side, up to a limit. */
  #keepOpening(recorded: Recorded, numbered: Numbered): void {
    const { sequence, record } = numbered;
    const { kind, firstFrame } = record;
    if (recorded.framed.has(kind) || OMITTED_KINDS.has(kind)) return;
    if (firstFrame >= 0) recorded.framed.add(kind);
    const kept = firstFrame < 0 ? record : { ...record, firstFrame: -1, body: record.body.slice(0, firstFrame) };
    recorded.openingLength += kept.body.length + RECORD_OVERHEAD;
    if (recorded.openingLength <= MAX_OPENING && firstFrame !== 0) recorded.opening.push({ sequence, record: kept });
  }

  #dropOldest(): void {
    const { record } = this.#ring[this.#oldest]!;
    this.#oldest += 1;
    this.#held -= record.body.length + RECORD_OVERHEAD;
    const recorded = this.#conversations.get(record.conversation);
    if (recorded === undefined) return;
    recorded.held -= 1;
    if (recorded.held > 0 || recorded.ending === undefined) return;
    // Nothing of it is left to introduce; that it has ended is still told to pages that lag.
    recorded.opening.length = 0;
    this.#gone.push(recorded.id);
    if (this.#gone.length > MAX_GONE) this.#conversations.delete(this.#gone.shift()!);
  }

  /** Gives the dropped part of the array back, in blocks, so that dropping stays cheap. */
  #compact(): void {
    if (this.#oldest < 1024 && this.#oldest < this.#ring.length) return;
    this.#ring = this.#ring.slice(this.#oldest);
    this.#oldest = 0;
  }

  #after(from: number): Numbered | undefined {
    const first = this.#ring[this.#oldest];
    if (first === undefined) return undefined;
    return this.#ring[this.#oldest + Math.max(0, from - first.sequence)];
  }
}

/** One page's place in the ring. */
export class RecordReader {
  #next = 0;
  readonly #announced: Set<number> = new Set();
  readonly #after: (from: number) => Numbered | undefined;
  readonly #conversation: (id: number) => Recorded | undefined;
  readonly #conversations: () => Recorded[];
  readonly #wake: () => void;
  readonly #close: () => void;

  constructor(
    after: (from: number) => Numbered | undefined,
    conversation: (id: number) => Recorded | undefined,
    conversations: () => Recorded[],
    wake: () => void,
    close: () => void,
  ) {
    this.#after = after;
    this.#conversation = conversation;
    this.#conversations = conversations;
    this.#wake = wake;
    this.#close = close;
  }

  /** The next records, about `size` octets of them; empty when everything has been read. Bodies are VIEWS. */
  take(size: number): FeedRecord[] {
    const records: FeedRecord[] = [];
    let length = 0;
    for (let next = this.#after(this.#next); next !== undefined && length < size; next = this.#after(this.#next)) {
      const before = records.length;
      if (next.sequence > this.#next) this.#lagged(next.sequence, records);
      this.#announce(next, records);
      records.push(next.record);
      this.#next = next.sequence + 1;
      for (let at = before; at < records.length; at += 1) length += RECORD_HEADER + records[at]!.body.length;
    }
    return records;
  }

  wake(): void {
    this.#wake();
  }

  close(): void {
    this.#close();
  }

  /** Records before `sequence` are gone: say at least which known conversations ended meanwhile. */
  #lagged(sequence: number, records: FeedRecord[]): void {
    for (const { id, ending } of this.#conversations()) {
      if (ending === undefined || !this.#announced.has(id)) continue;
      if (ending.sequence >= this.#next && ending.sequence < sequence) records.push(ending.record);
    }
  }

  /** A conversation whose first records are gone is introduced by its start and its heads. */
  #announce({ sequence, record }: Numbered, records: FeedRecord[]): void {
    if (this.#announced.has(record.conversation)) return;
    this.#announced.add(record.conversation);
    for (const opening of this.#conversation(record.conversation)?.opening ?? []) {
      if (opening.sequence < sequence) records.push(opening.record);
    }
  }
}

/** Cuts what passes in one conversation into records. */
export class ConversationRecorder {
  readonly id: number;
  readonly #now: () => number;
  readonly #add: (record: FeedRecord, ending: boolean) => void;
  readonly #client: DirectionRecorder;
  readonly #target: DirectionRecorder;

  constructor(id: number, keepPayload: number, now: () => number, add: (record: FeedRecord, ending: boolean) => void) {
    this.id = id;
    this.#now = now;
    this.#add = add;
    const addBytes = (record: FeedRecord): void => {
      add(record, false);
    };
    this.#client = new DirectionRecorder(id, RecordKind.CLIENT_BYTES, RecordKind.CLIENT_OMITTED, keepPayload, addBytes);
    this.#target = new DirectionRecorder(id, RecordKind.TARGET_BYTES, RecordKind.TARGET_OMITTED, keepPayload, addBytes);
  }

  /** `bytes` must not change afterwards: views of them are kept. */
  bytes(direction: Direction, bytes: Uint8Array): void {
    (direction === "client" ? this.#client : this.#target).bytes(bytes, this.#now());
  }

  event(event: ConversationEvent): void {
    const time = this.#now();
    this.#client.flush(time);
    this.#target.flush(time);
    const ending = event.event === "closed";
    this.#add({ kind: RecordKind.EVENT, conversation: this.id, time, position: 0, firstFrame: -1, body: encodeJson(event) }, ending);
  }

  closed(): void {
    this.event({ event: "closed", clientBytes: this.#client.total, targetBytes: this.#target.total });
  }
}

class DirectionRecorder {
  /** Octets that passed. */
  total = 0;
  #recorded = 0;
  /** Octets that passed, not kept and not reported yet. */
  #omitted = 0;
  #reported = 0;
  readonly #id: number;
  readonly #kind: RecordKind;
  readonly #omittedKind: RecordKind;
  readonly #keepPayload: number;
  readonly #add: (record: FeedRecord) => void;
  readonly #walk: StreamWalk = new StreamWalk();
  #head: Uint8Array = new Uint8Array(16);
  #headLength = 0;
  /** Payload octets of the frame under way that are kept already. */
  #kept = 0;

  constructor(id: number, kind: RecordKind, omittedKind: RecordKind, keepPayload: number, add: (record: FeedRecord) => void) {
    this.#id = id;
    this.#kind = kind;
    this.#omittedKind = omittedKind;
    this.#keepPayload = keepPayload;
    this.#add = add;
  }

  bytes(bytes: Uint8Array, time: number): void {
    this.total += bytes.length;
    let from = 0;
    let firstFrame = -1;
    let at = 0;
    while (at < bytes.length) {
      if (firstFrame < 0 && this.#walk.atFrame) firstFrame = at - from;
      const end = this.#walk.advance(bytes, at);
      const keep = this.#keepUntil(bytes, at, end);
      if (keep < end) {
        this.#record(bytes, from, keep, firstFrame, time);
        this.#omit(end - keep, time);
        from = end;
        firstFrame = -1;
      }
      at = end;
    }
    this.#record(bytes, from, bytes.length, firstFrame, time);
  }

  /** Everything but the far end of long payloads is kept. */
  #keepUntil(bytes: Uint8Array, at: number, end: number): number {
    const walk = this.#walk;
    if (walk.part === Part.HEAD) this.#readHead(bytes, at, end);
    if (walk.part === Part.HEADER) this.#kept = 0;
    if (walk.part !== Part.PAYLOAD && walk.part !== Part.OPAQUE) return end;
    const keep = Math.min(end, at + this.#keepPayload - this.#kept);
    this.#kept += keep - at;
    return keep;
  }

  #readHead(bytes: Uint8Array, at: number, end: number): void {
    const piece = bytes.subarray(at, Math.min(end, at + this.#head.length - this.#headLength));
    this.#head.set(piece, this.#headLength);
    this.#headLength += piece.length;
    if (!this.#walk.complete) return;
    const status = statusOf(this.#head.subarray(0, this.#headLength));
    this.#headLength = 0;
    if (status === undefined || status === 101) return;
    if (status < 200) this.#walk.expectHead();
    else this.#walk.expectOpaque();
  }

  /** Reports what was omitted, so that records stay in order. */
  flush(time: number): void {
    if (this.#omitted === 0) return;
    this.#reported = time;
    this.#put(this.#omittedKind, encodeCount(this.#omitted), this.#omitted, -1, time);
    this.#omitted = 0;
  }

  #record(bytes: Uint8Array, from: number, end: number, firstFrame: number, time: number): void {
    if (from === end) return;
    this.flush(time);
    // A small rest of a large read must not hold all of it.
    const piece = end - from < bytes.length ? bytes.slice(from, end) : bytes;
    this.#put(this.#kind, piece, piece.length, firstFrame, time);
  }

  /** One long payload passes in many reads; its length is reported a few times a second. */
  #omit(count: number, time: number): void {
    this.#omitted += count;
    if (this.#walk.complete || time - this.#reported > OMITTED_INTERVAL) this.flush(time);
  }

  #put(kind: RecordKind, body: Uint8Array, passed: number, firstFrame: number, time: number): void {
    this.#add({ kind, conversation: this.#id, time, position: this.#recorded, firstFrame, body });
    this.#recorded += passed;
  }
}
