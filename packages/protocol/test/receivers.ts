// The parts of this package that take bytes, as receivers that any transport may cut for (packages/codec/test/chunking.ts): engine, heads,
// both opening handshakes. What they say, in words. No test framework: the guided run has none.

import assert from "node:assert/strict";

import { Opcode } from "@ws/codec";

import type { AsyncReceiver, Receiver } from "../../codec/test/chunking.ts";
import { ClientHandshake, evaluateRequest, HandshakeEvent, HeadDecoder, HeadEvent } from "../src/handshake/index.ts";
import type {
  ClientHandshakeOptions,
  HeadDecoderOptions,
  RequestHead,
  ResponseHead,
  ServerHandshakeOptions,
} from "../src/handshake/index.ts";
import { EngineEvent, type ConnectionEngine, type MessageTransform, type TransformFailure, type TransformWork } from "../src/index.ts";

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
}

/** Each octet the character of the same number. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

// ---- the engine ----

/** One event in words, such as `TEXT "Hello"` or `CLOSING 1000 "bye"`. */
export function describeEvent(engine: ConnectionEngine, event: EngineEvent): string {
  switch (event) {
    case EngineEvent.TEXT:
      return `TEXT ${JSON.stringify(engine.text)}`;
    case EngineEvent.BINARY:
      return `BINARY ${toHex(engine.payload)}`;
    case EngineEvent.CHUNK: {
      const content = engine.opcode === Opcode.TEXT ? JSON.stringify(engine.text) : toHex(engine.payload);
      return `CHUNK ${engine.first ? "first " : ""}${engine.last ? "last " : ""}${content}`;
    }
    case EngineEvent.PING:
      return `PING ${toHex(engine.payload)}`;
    case EngineEvent.PONG:
      return `PONG ${engine.answeredPing}`;
    case EngineEvent.CLOSING:
      return `CLOSING ${engine.closeCode} ${JSON.stringify(engine.closeReason)}`;
    case EngineEvent.FAILED:
      return `FAILED ${engine.error!.code}`;
    case EngineEvent.WORK:
      return `WORK ${engine.work!.direction}`;
    case EngineEvent.CLOSED: {
      const { code, reason, wasClean, initiator, error } = engine.closed!;
      return `CLOSED ${code} ${JSON.stringify(reason)} ${wasClean ? "clean" : "unclean"} ${initiator}${error ? ` ${error.code}` : ""}`;
    }
    default:
      throw new Error("there was no event");
  }
}

/** The content of a streamed message, whose pieces depend on the chunks. */
class StreamedMessages {
  #content = "";

  /** The whole message, when this piece is its last. */
  take({ first, last, opcode, text: piece, payload }: ConnectionEngine): string | undefined {
    if (first) this.#content = "";
    this.#content += opcode === Opcode.TEXT ? piece : `${toHex(payload)} `;
    return last ? `STREAMED ${opcode} ${JSON.stringify(this.#content)}` : undefined;
  }
}

export interface EngineOutcome {
  readonly events: readonly string[];
  /** Of the peer's FIN, with all output taken. */
  readonly end: readonly string[];
  /** Everything written, in hex. */
  readonly output: string;
}

/** How an engine is driven. */
export interface Driving {
  readonly finishWork?: ((work: TransformWork) => Uint8Array | TransformFailure) | undefined;
  /** Work is finished when nothing else is left to poll. Pings and Pongs, which pass it, then come first in the list of events. */
  readonly finishLate?: boolean | undefined;
  /** What a program does at each event. */
  readonly program?: ((engine: ConnectionEngine, event: EngineEvent) => void) | undefined;
}

/** Pulls until NONE. */
export function ofEngine(engine: ConnectionEngine, { finishWork, finishLate = false, program }: Driving = {}): Receiver<EngineOutcome> {
  const streamed = new StreamedMessages();
  const passing: string[] = [];
  const pull = (): string[] => {
    const events: string[] = [];
    const late: TransformWork[] = [];
    for (;;) {
      const event = engine.poll();
      if (event === EngineEvent.NONE) {
        const work = late.shift();
        if (work === undefined) return events;
        engine.completeWork(work.id, finishWork!(work));
      } else if (event === EngineEvent.WORK) {
        if (finishLate) late.push(engine.work!);
        else engine.completeWork(engine.work!.id, finishWork!(engine.work!));
      } else {
        const said = event === EngineEvent.CHUNK ? streamed.take(engine) : describeEvent(engine, event);
        if (said === undefined) continue;
        const passes = finishLate && (event === EngineEvent.PING || event === EngineEvent.PONG);
        (passes ? passing : events).push(said);
        program?.(engine, event);
      }
    }
  };
  const events: string[] = [];
  return {
    receive(chunk) {
      engine.receive(chunk);
      events.push(...pull());
    },
    get failure() {
      return engine.error?.code;
    },
    finish() {
      engine.receiveEnd();
      const end = pull();
      // Taken once: §5.5.3 lets fewer Pongs answer the Pings that come while the transport is backed up.
      const output = engine.takeOutput().map(toHex).join(" ");
      engine.outputTaken();
      end.push(...pull());
      // A message at work may be the one that fails: what passed it by then is a matter of chunks.
      if (finishLate && engine.error !== undefined) return { events, end, output: "" };
      return { events: [...passing, ...events], end, output };
    },
  };
}

/** A compressor in steps: Pings and Pongs, which pass messages at work, are listed beside them. */
export function ofEngineAtWork(
  engine: ConnectionEngine,
  transform: MessageTransform,
): AsyncReceiver<Record<"events" | "control", readonly string[]>> {
  const events: string[] = [];
  const control: string[] = [];
  return {
    async receive(chunk) {
      engine.receive(chunk);
      for (let event = engine.poll(); event !== EngineEvent.NONE; event = engine.poll()) {
        if (event !== EngineEvent.WORK) {
          const list = event === EngineEvent.PING || event === EngineEvent.PONG ? control : events;
          list.push(describeEvent(engine, event));
          continue;
        }
        const work = engine.work!;
        // What passes meanwhile is shown before the result is there.
        const result = transform.run(work);
        for (let next = engine.poll(); next !== EngineEvent.NONE; next = engine.poll()) control.push(describeEvent(engine, next));
        engine.completeWork(work.id, await result);
      }
    },
    finish: () => ({ events, control }),
  };
}

// ---- heads ----

export interface HeadOutcome {
  readonly head?: RequestHead | ResponseHead;
  readonly headBytes?: string;
  /** Everything behind the head. */
  readonly rest?: string;
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
}

export function ofHead(
  kind: "request" | "response",
  options: HeadDecoderOptions = {},
): Receiver<HeadOutcome> & { readonly head: RequestHead | ResponseHead | undefined } {
  const decoder = new HeadDecoder(kind, options);
  let event: HeadEvent = HeadEvent.NONE;
  let read: HeadOutcome = {};
  let rest = "";
  return {
    receive(chunk) {
      if (event === HeadEvent.HEAD) rest += text(chunk);
      if (event !== HeadEvent.NONE) return;
      decoder.receive(chunk);
      event = decoder.poll();
      if (event === HeadEvent.HEAD) {
        read = { head: decoder.head, headBytes: text(decoder.headBytes) };
        assert.equal(decoder.headText, read.headBytes);
        rest = text(decoder.rest);
      } else if (event === HeadEvent.FAILED) {
        const { code, status, message } = decoder.error!;
        read = { code, status, message };
      }
    },
    get failure() {
      return read.code;
    },
    get head() {
      return read.head;
    },
    finish: () => (event === HeadEvent.HEAD ? { ...read, rest } : read),
  };
}

// ---- opening handshakes ----

/** The request's form and what it asks for (§4.2.1), up to the decision. */
export function ofServerHandshake(
  options?: ServerHandshakeOptions,
  limits?: HeadDecoderOptions,
): Receiver<HeadOutcome & { readonly judged: ReturnType<typeof evaluateRequest> | undefined }> {
  const decoding = ofHead("request", limits);
  let judged: ReturnType<typeof evaluateRequest> | undefined;
  return {
    receive(chunk) {
      decoding.receive(chunk);
      if (decoding.head !== undefined) judged ??= evaluateRequest(decoding.head as RequestHead, options);
    },
    get failure() {
      return decoding.failure ?? (judged?.kind === "refusal" ? judged.code : undefined);
    },
    finish: () => ({ ...decoding.finish(), judged }),
  };
}

export interface ClientOutcome {
  readonly event: HandshakeEvent;
  /** Everything behind the response. */
  readonly rest: string;
  readonly subprotocol: string;
  readonly extensions: unknown;
  readonly responseHead: ResponseHead | undefined;
  readonly error: Record<"code" | "message" | "section", string> | undefined;
}

/** @param end whether the transport ends behind the bytes */
export function ofClientHandshake(
  options: ClientHandshakeOptions,
  end: boolean,
): Receiver<ClientOutcome> & { readonly handshake: ClientHandshake } {
  const handshake = new ClientHandshake(options);
  let event: HandshakeEvent = HandshakeEvent.NONE;
  let rest = "";
  return {
    handshake,
    receive(chunk) {
      if (event === HandshakeEvent.ACCEPTED) rest += text(chunk);
      if (event !== HandshakeEvent.NONE) return;
      handshake.receive(chunk);
      event = handshake.poll();
      if (event === HandshakeEvent.ACCEPTED) rest = text(handshake.rest);
    },
    get failure() {
      return handshake.error?.code;
    },
    finish() {
      if (end) handshake.receiveEnd();
      event = handshake.poll();
      const { error, subprotocol, extensions, responseHead } = handshake;
      return { event, rest, subprotocol, extensions, responseHead, error: error && inWords(error) };
    },
  };
}

function inWords({ code, message, section, response }: NonNullable<ClientHandshake["error"]>): ClientOutcome["error"] & object {
  const own = { code, message, section, response: response && { ...response, body: text(response.body) } };
  return own;
}
