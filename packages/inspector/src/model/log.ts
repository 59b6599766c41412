/**
 * Everything the page knows: conversations and their entries, built from the feed's records, within fixed limits.
 *
 * The newest entries are kept. What is dropped is counted and said.
 */
import { Opcode } from "@ws/codec";

import { DirectionReader, type DirectionSink } from "./direction.ts";
import type { Conversation, Entry, FrameEntry, NoteEntry } from "./entry.ts";
import { payloadOf } from "./payload.ts";
import {
  type ConversationEvent,
  type ConversationStart,
  decodeCount,
  decodeJson,
  type Direction,
  type FeedRecord,
  RecordKind,
  type Setup,
} from "./records.ts";

export interface LogLimits {
  readonly maxEntries: number;
  /** Octets of heads, frames and payloads. */
  readonly maxBytes: number;
  readonly maxConversations: number;
}

/** What the page holds at most; a browser's tab bears many times that. */
export const LOG_LIMITS: LogLimits = Object.freeze({ maxEntries: 50_000, maxBytes: 64 * 1024 * 1024, maxConversations: 500 });

interface Followed {
  readonly conversation: Conversation;
  readonly client: DirectionReader;
  readonly target: DirectionReader;
  /** Unanswered Pings and Closes by the side that sent them. */
  readonly pings: Record<Direction, FrameEntry[]>;
  readonly closes: Record<Direction, FrameEntry | undefined>;
}

/** §5.5.3 lets a Pong answer only the newest Ping, so unanswered ones are not held for ever. */
const MAX_PINGS = 64;

export class ConversationLog {
  readonly #limits: LogLimits;
  readonly #followed: Map<number, Followed> = new Map();
  #entries: Entry[] = [];
  #bytes = 0;
  #nextId = 1;
  /** Entries that were dropped to stay within the limits. */
  dropped = 0;
  setup: Setup | undefined;
  /** Rises with every change. */
  version = 0;

  constructor(limits: LogLimits = LOG_LIMITS) {
    this.#limits = limits;
  }

  /** In order of arrival: VIEW, valid until the next change. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get conversations(): Conversation[] {
    return [...this.#followed.values()].map(({ conversation }) => conversation);
  }

  /** Octets held. */
  get bytes(): number {
    return this.#bytes;
  }

  receive(records: readonly FeedRecord[]): void {
    for (const record of records) this.#receive(record);
    if (records.length > 0) this.version += 1;
    this.#trim();
  }

  /** Forgets all entries, and the conversations that are over. */
  clear(): void {
    this.#entries = [];
    this.#bytes = this.dropped = 0;
    for (const [id, { conversation }] of this.#followed) if (conversation.ended !== undefined) this.#followed.delete(id);
    this.version += 1;
  }

  #receive(record: FeedRecord): void {
    const { kind, conversation: id, time, position, firstFrame, body } = record;
    if (kind === RecordKind.SETUP) {
      this.setup = decodeJson(body) as Setup;
      return;
    }
    if (kind === RecordKind.OPENED) {
      this.#open(id, decodeJson(body) as ConversationStart, time);
      return;
    }
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    switch (kind) {
      case RecordKind.CLIENT_BYTES:
        followed.client.bytes(body, position, firstFrame, time);
        break;
      case RecordKind.TARGET_BYTES:
        followed.target.bytes(body, position, firstFrame, time);
        break;
      case RecordKind.CLIENT_OMITTED:
        followed.client.omitted(decodeCount(body), position, time);
        break;
      case RecordKind.TARGET_OMITTED:
        followed.target.omitted(decodeCount(body), position, time);
        break;
      case RecordKind.EVENT:
        this.#event(followed, decodeJson(body) as ConversationEvent, time);
        break;
    }
  }

  #open(id: number, start: ConversationStart, time: number): void {
    const conversation: Conversation = {
      id,
      started: time,
      ...start,
      remote: undefined,
      tls: undefined,
      rewritten: [],
      request: undefined,
      response: undefined,
      state: "connecting",
      ended: undefined,
      close: undefined,
      problems: 0,
      counts: { client: { frames: 0, messages: 0, bytes: 0 }, target: { frames: 0, messages: 0, bytes: 0 } },
    };
    const pings: Followed["pings"] = { client: [], target: [] };
    const closes: Followed["closes"] = { client: undefined, target: undefined };
    const sink: DirectionSink = {
      add: <E extends Entry>(entry: Omit<E, "id" | "conversation">) => this.#add<E>(conversation, entry),
      kept: (_entry, count) => {
        this.#bytes += count;
      },
      completed: (frame) => {
        completed(frame, pings, closes);
      },
      found: (entry, problem) => {
        entry.problems.push(problem);
        conversation.problems += 1;
      },
    };
    this.#followed.set(id, {
      conversation,
      client: new DirectionReader("client", conversation, sink),
      target: new DirectionReader("target", conversation, sink),
      pings,
      closes,
    });
  }

  #event(followed: Followed, event: ConversationEvent, time: number): void {
    const { conversation } = followed;
    const note = (text: string, tone: NoteEntry["tone"] = "plain", direction?: Direction, tcp?: NoteEntry["tcp"]): void => {
      this.#add<NoteEntry>(conversation, { kind: "note", time, text, tone, direction, tcp, problems: [] });
    };
    switch (event.event) {
      case "connected":
        conversation.remote = event.remote;
        conversation.tls = event.tls;
        note(`Connected to ${conversation.target.url}${event.tls === undefined ? "" : ` over ${event.tls}`}.`);
        break;
      case "rewritten":
        conversation.rewritten = event.fields;
        for (const { name, from, to } of event.fields)
          note(`${name} was rewritten from “${from}” to “${to}” (--rewrite-host).`, "warning", "client");
        break;
      case "ended":
        followed[event.side].end();
        note(
          event.side === "client" ? "The client sends nothing more (FIN)." : "The target sends nothing more (FIN).",
          "plain",
          event.side,
          "fin",
        );
        break;
      case "reset":
        conversation.state = "failed";
        note(`The ${event.side}'s connection broke: ${event.reason}`, "error", event.side, "rst");
        break;
      case "unreachable":
        conversation.state = "failed";
        note(`${conversation.target.url} could not be reached: ${event.reason}. The inspector answered with 502.`, "error");
        break;
      case "closed":
        this.#closed(followed, time, note);
        break;
    }
  }

  #closed(followed: Followed, time: number, note: (text: string, tone?: NoteEntry["tone"]) => void): void {
    const { conversation, closes } = followed;
    followed.client.end();
    followed.target.end();
    conversation.ended = time;
    if (conversation.state === "open" || conversation.state === "closing") {
      const clean = closes.client !== undefined && closes.target !== undefined;
      conversation.state = "closed";
      // §7.1.4: clean means that both Close frames were seen before TCP ended.
      if (clean) note("The connection is closed, cleanly (§7.1.4).");
      else note("The connection is closed without a complete closing handshake (§7.1.4).", "warning");
    } else {
      if (conversation.state === "connecting") conversation.state = "failed";
      note("The connection is closed.");
    }
  }

  #add<E extends Entry>(conversation: Conversation, entry: Omit<E, "id" | "conversation">): E {
    const whole = { ...entry, id: this.#nextId, conversation } as unknown as E;
    this.#nextId += 1;
    this.#entries.push(whole);
    return whole;
  }

  #trim(): void {
    const { maxEntries, maxBytes, maxConversations } = this.#limits;
    let drop = 0;
    let bytes = this.#bytes;
    while (this.#entries.length - drop > maxEntries || (bytes > maxBytes && drop < this.#entries.length - 1)) {
      bytes -= sizeOf(this.#entries[drop]!);
      drop += 1;
    }
    if (drop > 0) {
      // In blocks, so that a full log costs no copy for every entry.
      const least = Math.min(Math.floor(maxEntries / 50), this.#entries.length - 1);
      for (; drop < least; drop += 1) bytes -= sizeOf(this.#entries[drop]!);
      this.#entries = this.#entries.slice(drop);
      this.#bytes = bytes;
      this.dropped += drop;
    }
    for (const [id, { conversation }] of this.#followed) {
      if (this.#followed.size <= maxConversations) break;
      if (conversation.ended !== undefined) this.#followed.delete(id);
    }
  }
}

/** What `DirectionSink.kept` counted for an entry. */
function sizeOf(entry: Entry): number {
  switch (entry.kind) {
    case "frame":
      return entry.header.headerLength + entry.kept + (typeof entry.inflated === "object" ? entry.inflated.bytes.length : 0);
    case "head":
      return entry.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    case "opaque":
      return entry.kept;
    case "note":
      return 0;
  }
}

/** What a control frame answers, once its payload is there. */
function completed(frame: FrameEntry, pings: Followed["pings"], closes: Followed["closes"]): void {
  const { direction, header } = frame;
  const other = direction === "client" ? "target" : "client";
  switch (header.opcode) {
    case Opcode.PING:
      pings[direction].push(frame);
      if (pings[direction].length > MAX_PINGS) pings[direction].shift();
      break;
    case Opcode.PONG: {
      // §5.5.3: a Pong carries the payload of the Ping it answers, and stands for earlier ones too.
      const payload = payloadOf(frame).join();
      const index = pings[other].findLastIndex((ping) => payloadOf(ping).join() === payload);
      if (index < 0) break;
      answer(frame, pings[other][index]!);
      pings[other].splice(0, index + 1);
      break;
    }
    case Opcode.CLOSE: {
      const { conversation } = frame;
      const first = closes[other];
      closes[direction] ??= frame;
      if (first !== undefined) answer(frame, first);
      else if (frame.close !== undefined && conversation.close === undefined) conversation.close = { ...frame.close, by: direction };
      if (conversation.state === "open") conversation.state = "closing";
      break;
    }
  }
}

function answer(frame: FrameEntry, entry: FrameEntry): void {
  frame.answers = { entry, milliseconds: frame.time - entry.endTime };
}
