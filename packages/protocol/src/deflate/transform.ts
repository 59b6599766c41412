import type { PreparedContent } from "../prepared-message.ts";
import type { MessageTransform, TransformFailure, TransformWork } from "../extension/transform.ts";
import type { ContextGroup, DeflateContexts } from "./contexts.ts";
import { Deflation, deflateAtOnce, primeDeflate } from "./deflation.ts";
import { History } from "./history.ts";
import { Inflation, primeInflate, STEP_INPUT } from "./inflation.ts";
import type { ZlibStream } from "./zlib-port.ts";

/** How one direction of a connection is compressed: what was agreed on for the endpoint that sends. */
export interface DirectionParameters {
  readonly noContextTakeover: boolean;
  readonly maxWindowBits: number;
}

/** What a sender chooses for itself: the receiver need not know. */
export interface CompressorSettings {
  /** zlib's level, 1 (fastest) to 9 (smallest). */
  readonly level: number;
  /** zlib's memory level, 1 to 9. */
  readonly memLevel: number;
  /** Largest window used, even if a larger one was agreed on: 8 to 15. */
  readonly windowBits: number;
  /** Bytes of each connection's latest messages that are kept to compress the next one with. */
  readonly history: number;
  /** Messages of fewer bytes go as they are. */
  readonly threshold: number;
}

/** permessage-deflate on one connection (RFC 7692 §6, §7.2). */
export class DeflateTransform implements MessageTransform {
  readonly rsv = 4;
  readonly #contexts: DeflateContexts;
  readonly #deflates: ContextGroup;
  readonly #inflates: ContextGroup;
  readonly #settings: CompressorSettings;
  readonly #stepInput: number;
  readonly #receivingWindow: number;
  /** `undefined`: no context takeover in that direction. */
  readonly #sent: History | undefined;
  readonly #received: History | undefined;
  readonly #variant: string;
  #closed = false;

  constructor(contexts: DeflateContexts, settings: CompressorSettings, sending: DirectionParameters, receiving: DirectionParameters) {
    const windowBits = Math.min(sending.maxWindowBits, settings.windowBits);
    this.#contexts = contexts;
    this.#settings = settings;
    this.#deflates = contexts.deflate({ windowBits, level: settings.level, memLevel: settings.memLevel });
    this.#inflates = contexts.inflate(receiving.maxWindowBits);
    this.#stepInput = stepInput(settings.level);
    this.#receivingWindow = 2 ** receiving.maxWindowBits;
    // §7.1.1: with "no context takeover" every message begins with an empty window.
    this.#sent = sending.noContextTakeover || settings.history === 0 ? undefined : new History(Math.min(2 ** windowBits, settings.history));
    this.#received = receiving.noContextTakeover ? undefined : new History(this.#receivingWindow);
    this.#variant = `permessage-deflate; window=${windowBits}; level=${settings.level}; memory=${settings.memLevel}`;
  }

  /** Bytes held for this connection between two messages. */
  get heldBytes(): number {
    return (this.#sent?.capacity ?? 0) + (this.#received?.capacity ?? 0);
  }

  wants(_opcode: number, byteLength: number): boolean {
    return byteLength >= this.#settings.threshold;
  }

  encode(payload: Uint8Array): Uint8Array | undefined {
    return this.#isShort(payload, this.#stepInput) && this.#admits(payload.length) ? this.#encodeAtOnce(payload) : undefined;
  }

  encodePrepared(message: PreparedContent): Uint8Array | undefined {
    const { payload, variants } = message;
    let variant = variants.get(this.#variant);
    if (variant === undefined) {
      if (!this.#isShort(payload, this.#stepInput) || !this.#admits(payload.length)) return undefined;
      const context = this.#deflates.take(undefined);
      context.stream.reset();
      variant = smaller(payload, runToEnd(new Deflation(context.stream, payload, this.#stepInput)));
      variants.set(this.#variant, variant);
    }
    return this.#sendVariant(payload, variant);
  }

  decode(payload: Uint8Array, maxLength: number): Uint8Array | TransformFailure | undefined {
    // Reading is about eight times as fast as writing, and a message shrinks to about a quarter.
    return this.#isShort(payload, STEP_INPUT) && this.#admits(payload.length >>> 1) ? this.#decodeAtOnce(payload, maxLength) : undefined;
  }

  async run(work: TransformWork): Promise<Uint8Array | TransformFailure> {
    const { payload, maxLength, prepared } = work;
    if (work.direction === "decode") {
      if (this.#isShort(payload, STEP_INPUT)) {
        await this.#contexts.pause();
        const result = this.#closed ? ABANDONED : this.#decodeAtOnce(payload, maxLength);
        if (result !== undefined) return result;
      }
      return this.#inflateLater(payload, maxLength);
    }
    if (prepared !== undefined) return this.#deflatePreparedLater(prepared);
    if (!this.#isShort(payload, this.#stepInput)) return this.#deflateLater(payload);
    await this.#contexts.pause();
    return this.#closed ? ABANDONED : this.#encodeAtOnce(payload);
  }

  close(): void {
    this.#closed = true;
    this.#sent?.clear();
    this.#received?.clear();
  }

  /** Whether a message can be handled in one step, or has to be because there is no other way. */
  #isShort(payload: Uint8Array, step: number): boolean {
    return payload.length <= step || this.#contexts.zlib.pause === undefined;
  }

  #admits(cost: number): boolean {
    return this.#contexts.admits(cost + MESSAGE_COST, 4 * this.#stepInput);
  }

  #encodeAtOnce(payload: Uint8Array): Uint8Array {
    if (payload.length === 0) return EMPTY_MESSAGE;
    const history = this.#sent;
    const context = this.#deflates.take(history);
    if (history === undefined || !context.isAt(history)) primeDeflate(context.stream, history);
    const result =
      payload.length <= ONE_CALL
        ? deflateAtOnce(context.stream, payload)
        : runToEnd(new Deflation(context.stream, payload, this.#stepInput));
    if (result.length >= payload.length) {
      // Sent as it is, it enters neither window (§7.2.1 is about compressed messages only).
      context.spoil();
      return payload;
    }
    if (history !== undefined) {
      context.advance(history, payload.length);
      history.append(payload);
    }
    return result;
  }

  #decodeAtOnce(payload: Uint8Array, maxLength: number): Uint8Array | TransformFailure | undefined {
    const history = this.#received;
    const context = this.#inflates.take(history);
    if (history === undefined || !context.isAt(history)) primeInflate(context.stream, history);
    const inflation = new Inflation(context.stream, payload, maxLength, this.#receivingWindow, history);
    while (!inflation.step()) {
      if (this.#contexts.zlib.pause === undefined) continue;
      // It would become too long: done once more from the beginning, bit by bit.
      context.spoil();
      return undefined;
    }
    const result = inflation.result!;
    if ("failure" in result) {
      context.spoil();
      return result;
    }
    if (history !== undefined) {
      context.advance(history, result.length);
      history.append(result);
    }
    return result;
  }

  async #inflateLater(payload: Uint8Array, maxLength: number): Promise<Uint8Array | TransformFailure> {
    const history = this.#received;
    const result = await this.#task(this.#inflates, (stream) => {
      primeInflate(stream, history);
      return new Inflation(stream, payload, maxLength, this.#receivingWindow, history);
    });
    if (result === undefined) return ABANDONED;
    if (!("failure" in result) && !this.#closed) history?.append(result);
    return result;
  }

  /** Begins without history: a few KiB of it make no difference to a message this large. */
  async #deflateLater(payload: Uint8Array): Promise<Uint8Array | TransformFailure> {
    const result = await this.#task(this.#deflates, (stream) => this.#deflation(stream, payload));
    return result === undefined ? ABANDONED : this.#sendVariant(payload, smaller(payload, result));
  }

  /** Once for everybody, although each connection asks. */
  async #deflatePreparedLater(message: PreparedContent): Promise<Uint8Array> {
    const { payload, variants } = message;
    let variant = variants.get(this.#variant);
    if (variant === undefined) {
      let inProgress = preparing.get(message);
      if (inProgress === undefined) preparing.set(message, (inProgress = new Map()));
      let task = inProgress.get(this.#variant);
      if (task === undefined)
        inProgress.set(this.#variant, (task = this.#task(this.#deflates, (stream) => this.#deflation(stream, payload), true)));
      variant = smaller(payload, (await task)!);
      variants.set(this.#variant, variant);
      inProgress.delete(this.#variant);
    }
    return this.#sendVariant(payload, variant);
  }

  #deflation(stream: ZlibStream, payload: Uint8Array): Deflation {
    stream.reset();
    return new Deflation(stream, payload, this.#stepInput);
  }

  /** A message compressed without history: the next one has it as history all the same, if it was sent compressed. */
  #sendVariant(payload: Uint8Array, variant: Uint8Array): Uint8Array {
    if (variant !== payload && !this.#closed) this.#sent?.append(payload);
    return variant;
  }

  /**
   * Step by step, other events between them, with few other tasks beside it. Only for hosts with `pause`. `undefined`: the
   * connection was closed meanwhile, and nobody else waits for it (`shared`).
   */
  async #task<Result>(group: ContextGroup, begin: (stream: ZlibStream) => Steps<Result>, shared = false): Promise<Result | undefined> {
    const contexts = this.#contexts;
    await contexts.enter();
    const stream = group.borrow();
    try {
      await contexts.pause();
      const steps = begin(stream);
      while (!steps.step()) {
        await contexts.pause();
        if (this.#closed && !shared) return undefined;
      }
      return steps.result!;
    } finally {
      group.release(stream);
      contexts.leave();
    }
  }
}

/** Something done in steps; `result` is there when `step` has said true. */
interface Steps<Result> {
  step(): boolean;
  readonly result: Result | undefined;
}

function runToEnd<Result>(steps: Steps<Result>): Result {
  while (!steps.step());
  return steps.result!;
}

/** The payload itself says to the engine: send it as it is. */
function smaller(payload: Uint8Array, compressed: Uint8Array): Uint8Array {
  return compressed.length < payload.length ? compressed : payload;
}

/** Bytes compressed without pause, about a millisecond at worst: docs/compression.md, "Worst cases". */
function stepInput(level: number): number {
  return level <= 6 ? 16_384 : 4_096;
}

/** What any message costs, as if it were so many bytes longer; twice that when a stream has to be shown a history first. */
const MESSAGE_COST = 512;

/** Payloads whose compressed form is sure to fit into the scratch area: at the smallest memory level a stored block of 5 more bytes begins every 127. */
const ONE_CALL = 32_768;

/** What a task ends with when its connection did: nobody looks at it. */
const ABANDONED: TransformFailure = /* @__PURE__ */ Object.freeze({ failure: "INVALID_COMPRESSED_PAYLOAD" });

/** §7.2.3.6: an empty stored block without its tail. zlib writes nothing for a second flush without input. */
const EMPTY_MESSAGE = /* @__PURE__ */ Uint8Array.of(0x00);

const preparing = /* @__PURE__ */ new WeakMap<PreparedContent, Map<string, Promise<Uint8Array | undefined>>>();
