/**
 * One ordinary request on a transport, from its head to the end of its response. The runtime's HTTP server reads the one from a stream of ours and
 * writes the other to it; what comes behind the request waits, so that responses are sent in order (RFC 9112 §9.3.2) and none lands inside
 * a WebSocket.
 */
import type { ServerResponse } from "node:http";

import { createRefusal, encodeRefusal } from "@ws/protocol/handshake";

import type { Settings } from "../connection/settings.ts";
import type { DeadlineEntry } from "../driver/deadlines.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { EarlyBytes } from "../opening/early-bytes.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";
import { ExchangeStream, type StreamEvents } from "./exchange-stream.ts";
import type { JudgedRequest } from "./ordinary-request.ts";

/** For a whole request, head and body, ms: what `node:http` takes for its `requestTimeout` when it listens itself. */
const REQUEST_TIMEOUT = 300_000;

/** How long a transport that we have ended is read on, ms (RFC 9112 §9.6): longer than what is on its way needs. */
const LINGER = 500;

export interface ExchangeOutcome {
  /** The transport may carry a further request: `rest` has come already. */
  next(exchange: HttpExchange, rest: Uint8Array): void;
  /** The transport is gone. */
  over(exchange: HttpExchange): void;
}

/**
 * serving → over (the transport is handed on for the next head, or gone), or → ending: our FIN is sent, what still comes is dropped, and the
 * transport is destroyed if it lingers.
 */
type Phase = "serving" | "ending" | "over";

export class HttpExchange implements TransportSink, StreamEvents, DeadlineEntry {
  wakeAt = 0;
  heapIndex = -1;
  readonly transport: Transport;
  readonly request: JudgedRequest;
  readonly stream: ExchangeStream;
  readonly #group: DriverGroup;
  readonly #settings: Settings;
  readonly #outcome: ExchangeOutcome;
  readonly #early: EarlyBytes;
  /** When the request has to be there, and an ended transport gone. */
  #due: number;
  /** What the transport held when it was looked at last, and since when it takes nothing of that. Infinity: it holds nothing. */
  #stuck = 0;
  #stuckSince = Infinity;
  #phase: Phase = "serving";
  #response: ServerResponse | undefined = undefined;
  #responseSent = false;
  #isLast = false;
  /** Something of a response, be it an interim one, has been written. */
  #written = false;
  #peerEnded = false;
  /** The body comes faster than it is read. */
  #bodyWaits = false;
  #onDrained: (() => void) | undefined = undefined;

  constructor(group: DriverGroup, settings: Settings, transport: Transport, request: JudgedRequest, outcome: ExchangeOutcome) {
    this.#group = group;
    this.#settings = settings;
    this.transport = transport;
    this.request = request;
    this.#outcome = outcome;
    this.#early = new EarlyBytes(transport, settings.limits.maxHeadBytes);
    this.stream = new ExchangeStream(this, transport.remoteAddress);
    this.#due = request.body.isComplete ? Infinity : group.clock.now() + REQUEST_TIMEOUT;
    group.deadlines.update(this);
  }

  /** `head` is the request's own; `rest` came behind it. */
  begin(head: Uint8Array, rest: Uint8Array): void {
    this.transport.start(this);
    this.stream.push(head.slice());
    if (rest.length > 0) this.received(rest);
  }

  /** The runtime's HTTP server has read the request. */
  responding(response: ServerResponse): void {
    this.#response = response;
    if (this.#isLast) response.setHeader("Connection", "close");
    response.once("close", () => this.#responded(response.writableFinished));
  }

  /** Nothing shall follow this response. */
  makeLast(): void {
    this.#isLast = true;
    if (this.#response?.headersSent === false) this.#response.setHeader("Connection", "close");
  }

  /** Gives the request up. */
  abort(): void {
    this.transport.destroy();
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    if (this.#phase !== "serving") return;
    const { body } = this.request;
    const wasComplete = body.isComplete;
    const taken = body.take(bytes);
    if (body.isMalformed) {
      this.#refuse();
      return;
    }
    if (taken > 0 && !this.stream.push(bytes.slice(0, taken))) this.#holdBody();
    if (taken < bytes.length) this.#early.push(bytes.subarray(taken));
    if (body.isComplete && !wasComplete) {
      this.#due = Infinity;
      this.#settle();
    }
  }

  drained(): void {
    this.#stuckSince = Infinity;
    const done = this.#onDrained;
    this.#onDrained = undefined;
    done?.();
  }

  /** As `node:http` takes it: a client that ends its stream has left, and its request is aborted. */
  ended(): void {
    this.#peerEnded = true;
    if (this.#phase === "serving") this.stream.push(null);
  }

  closed(): void {
    this.#phase = "over";
    this.#group.deadlines.remove(this);
    this.stream.destroy();
    this.#outcome.over(this);
  }

  get deadline(): number {
    return Math.min(this.#due, this.#stuckSince + this.#settings.stallTimeout);
  }

  handleTimeout(now: number): void {
    const { bufferedBytes } = this.transport;
    // Slowly, but it reads.
    if (now < this.#due && bufferedBytes < this.#stuck) {
      this.#stuck = bufferedBytes;
      this.#stuckSince = now;
      return;
    }
    this.#due = this.#stuckSince = Infinity;
    this.transport.destroy();
  }

  // ---- what the HTTP server does with the stream ----

  wanted(): void {
    if (!this.#bodyWaits) return;
    this.#bodyWaits = false;
    if (!this.#early.isPaused) this.transport.resume();
  }

  write(pieces: Uint8Array[], done: () => void): void {
    if (this.#phase === "serving") {
      this.#written = true;
      this.transport.write(pieces);
      if (this.transport.bufferedBytes > 0) {
        this.#onDrained = done;
        this.#stuck = this.transport.bufferedBytes;
        this.#stuckSince = this.#group.clock.now();
        this.#group.deadlines.update(this);
        return;
      }
    }
    done();
  }

  finished(): void {
    if (this.#phase === "serving") this.#end();
  }

  /** Destroyed by the HTTP server: a response that was cut off must not look whole. */
  abandoned(): void {
    if (this.#phase !== "serving") return;
    const isCut = this.#response !== undefined && this.#response.headersSent && !this.#response.writableFinished;
    this.#end();
    if (isCut) this.transport.destroy();
  }

  // ---- what follows ----

  #holdBody(): void {
    if (this.#bodyWaits) return;
    this.#bodyWaits = true;
    this.transport.pause();
  }

  #responded(isWhole: boolean): void {
    if (this.#phase !== "serving") return;
    if (!isWhole) {
      this.abandoned();
      return;
    }
    this.#responseSent = true;
    this.#settle();
  }

  /** When the request has been received and the response sent, the next head may be read. */
  #settle(): void {
    if (!this.#responseSent || !this.request.body.isComplete || this.#phase !== "serving") return;
    if (this.#isLast || this.#peerEnded || this.stream.writableEnded) {
      this.#end();
      return;
    }
    this.#phase = "over";
    this.#group.deadlines.remove(this);
    this.stream.destroy();
    if (this.#bodyWaits) this.transport.resume();
    this.#early.resume();
    this.#outcome.next(this, this.#early.take());
  }

  /** RFC 9112 §7.1: where the body ends is not known, so nothing can follow it. */
  #refuse(): void {
    const message = "The body is not framed by chunks as they have to be.";
    const answer = this.#written ? undefined : createRefusal("MALFORMED_FRAMING", message, { isUpgrade: false });
    this.#phase = "ending";
    if (answer !== undefined) this.transport.write([encodeRefusal(answer)]);
    this.#end();
    if (answer === undefined) this.transport.destroy();
  }

  #end(): void {
    this.#phase = "ending";
    this.#due = this.#group.clock.now() + Math.min(LINGER, this.#settings.closeTimeout);
    this.#group.deadlines.update(this);
    this.stream.destroy();
    this.transport.end();
    // Read on: ending a stream with unread bytes would reset it, and take the response along (RFC 9112 §9.6).
    if (this.#bodyWaits) this.transport.resume();
    this.#early.resume();
  }
}
