/**
 * One opening handshake of a server (§4.2): reads the request from a transport, or takes one that a host's HTTP server has read; asks the
 * program; answers.
 *
 * On a port that serves ordinary HTTP as well it reads every head of a connection, the first and each later one, and hands over what is no
 * upgrade: there is one reader, with one set of rules.
 */
import {
  createRefusal,
  encodeRefusal,
  evaluateRequest,
  isOriginAllowed,
  HeadDecoder,
  HeadEvent,
  refusalOf,
  type HandshakeFailureCode,
  type Refusal,
  type RequestHead,
  type ServerHandshakeOptions,
  type UpgradeRequest as ValidRequest,
} from "@ws/protocol/handshake";

import { type Connection, createConnection } from "../connection/connection.ts";
import type { ServerHandshakeErrorCode } from "../connection/error-code.ts";
import { type HandshakeError, handshakeError } from "../connection/errors.ts";
import type { DeadlineEntry } from "../driver/deadlines.ts";
import { Driver } from "../driver/driver.ts";
import { isPromiseLike } from "../driver/promise-like.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";
import type { AcceptPlan } from "./accept-plan.ts";
import { acceptResponse, type AcceptResponse } from "./accept-response.ts";
import { AskedRequest, isParsable, requestUrl } from "./upgrade-request.ts";
import { EarlyBytes } from "./early-bytes.ts";
import { callGuarded } from "../driver/guarded.ts";
import type { HandOff } from "./hand-off.ts";
import { storeRequest } from "./stored-request.ts";
import { ACCEPTED, decide, type Acceptance, type Decision } from "./upgrade-answer.ts";

/** Who wants to know what became of a handshake. */
export interface HandshakeOutcome {
  /** Called before the first event of the connection. */
  accepted(connection: Connection<unknown>): void;
  failed?(error: HandshakeError<ServerHandshakeErrorCode>): void;
  /** The handshake holds nothing any more: it was accepted, handed off, or its transport is closed. */
  released?(handshake: ServerOpening): void;
  /** The connection is over and its transport released. */
  readonly connectionReleased?: ((connection: Connection<unknown>, isDelivered: boolean) => void) | undefined;
  /** Also the last promise of its handlers is settled. */
  readonly connectionDelivered?: ((connection: Connection<unknown>) => void) | undefined;
  /** A reason to refuse any request at present, such as a server that is full. */
  busy?(handshake: ServerOpening): string | undefined;
  handOff?: HandOff | undefined;
}

/**
 * reading → deciding (the program is asked) → done, or → refused: the answer is on its way, what the peer still sends is dropped
 * (ending a stream with unread bytes would reset it and take the answer along), and the transport is destroyed if it lingers.
 */
type Phase = "reading" | "deciding" | "refused" | "done";

export class ServerOpening implements TransportSink, DeadlineEntry {
  deadline: number;
  wakeAt = 0;
  heapIndex = -1;
  readonly #plan: AcceptPlan;
  readonly #transport: Transport;
  readonly #outcome: HandshakeOutcome;
  #phase: Phase = "reading";
  #decoder: HeadDecoder<"request"> | undefined = undefined;
  /** Something of the request has arrived. */
  #begun = false;
  /** Requests of the same connection have been answered before. */
  #isLater = false;
  /** What the program is shown. */
  #asked: AskedRequest | undefined = undefined;
  /** What came behind the head while deciding. */
  #early: EarlyBytes | undefined = undefined;

  constructor(plan: AcceptPlan, transport: Transport, outcome: HandshakeOutcome) {
    this.#plan = plan;
    this.#transport = transport;
    this.#outcome = outcome;
    this.deadline = plan.group.clock.now() + plan.settings.handshakeTimeout;
    plan.group.deadlines.update(this);
  }

  /** Reads the request from the transport. */
  read(): void {
    this.#decoder = new HeadDecoder("request", this.#plan.head);
    this.#transport.start(this);
  }

  /** Reads the request behind one that has been answered; `rest` has come already. The transport is started anew. */
  readNext(rest: Uint8Array): void {
    this.#isLater = true;
    this.read();
    if (rest.length > 0) this.received(rest);
  }

  /** Judges a request whose head has been read; `rest` came behind it. */
  judge(head: RequestHead, rest: Uint8Array): void {
    const { upgrade, onRefused } = this.#plan;
    this.#begun = true;
    // Whatever the program's functions do from here on, such as closing the server, finds a handshake that is being decided.
    this.#phase = "deciding";
    let request: ValidRequest | Refusal;
    try {
      request = evaluateRequest(head, this.#handshakeOptions);
    } catch (error) {
      // The program's `allowedOrigins`.
      this.#programFailed(error);
      return;
    }
    if (this.#phase !== "deciding") return;
    if (request.kind === "refusal") {
      this.#handOverOr(request, rest);
      return;
    }
    const isAddress = isParsable(requestUrl(request, this.#transport.secure === true));
    if (upgrade !== undefined || onRefused !== undefined) this.#asked ??= new AskedRequest(request, this.#transport);
    const busy = this.#outcome.busy?.(this);
    if (!isAddress) this.refuse("MALFORMED_HOST", "Host has to be one that a URL can have.");
    else if (busy === undefined) this.#ask(request, rest);
    else this.refuse("SERVER_BUSY", busy);
  }

  get #handshakeOptions(): ServerHandshakeOptions {
    const { handshake, allowedOrigins, onRefused } = this.#plan;
    const secure = this.#transport.secure === true;
    if (typeof allowedOrigins !== "function" && onRefused === undefined) return secure ? { ...handshake, secure } : handshake;
    // The program is shown the request, one that its Origin refuses too.
    const isAllowed = (origin: string, request: ValidRequest): boolean => {
      this.#asked = new AskedRequest(request, this.#transport);
      // Refused in the next step: the program shall not have to parse it.
      if (!isParsable(this.#asked.url)) return true;
      return isOriginAllowed(origin, request.host, allowedOrigins, this.#asked, secure);
    };
    return { ...handshake, allowedOrigins: isAllowed };
  }

  /** Answers with the status of `code`, whatever has been read. */
  refuse(code: ServerHandshakeErrorCode & HandshakeFailureCode, message: string, status?: number): void {
    this.#refuse(createRefusal(code, message, status === undefined ? {} : { status }));
  }

  /** The server has no time for it any more. */
  giveUp(message: string): void {
    if (this.#isIdle) this.#endIdle("SERVER_BUSY", message);
    else this.refuse("SERVER_BUSY", message);
  }

  get #isIdle(): boolean {
    return this.#isLater && !this.#begun;
  }

  /** Between two requests nobody waits for an answer. Behind a FIN: a reset could take the response before along. */
  #endIdle(code: ServerHandshakeErrorCode, message: string): void {
    this.#fail(code, message, 0);
    this.#transport.end();
    this.#transport.destroy();
  }

  /** Tears the transport down, without an answer. */
  abort(message: string): void {
    this.#fail("ABORTED", message, 0);
    this.#transport.destroy();
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    if (this.#phase === "deciding") this.#early?.push(bytes);
    if (this.#phase !== "reading") return;
    const decoder = this.#decoder!;
    decoder.receive(bytes);
    let event: HeadEvent;
    try {
      event = decoder.poll();
    } catch (error) {
      // The host's UTF-8.
      this.#begun = true;
      this.#programFailed(error);
      return;
    }
    this.#begun = decoder.hasBegun;
    if (event === HeadEvent.HEAD) this.judge(decoder.head, decoder.rest);
    else if (event === HeadEvent.FAILED) this.#refuse(refusalOf(decoder.error!));
  }

  drained(): void {
    // The one write of a handshake needs no backpressure.
  }

  ended(): void {
    if (this.#phase === "refused") return;
    // Whoever ends the stream before the handshake is over does not wait for an answer.
    this.#fail("ENDED_EARLY", "the client ended the stream before the opening handshake was over", 0);
    this.#transport.end();
  }

  closed(error?: unknown): void {
    this.#fail("TRANSPORT_LOST", "the stream was lost before the opening handshake was over", 0, error);
    this.#release();
  }

  handleTimeout(): void {
    switch (this.#phase) {
      case "reading":
        if (this.#isIdle) this.#endIdle("HANDSHAKE_TIMEOUT", "No further request came.");
        else this.refuse("HANDSHAKE_TIMEOUT", "The request took too long.");
        break;
      case "deciding":
        // Ours to answer for, not the client's.
        this.refuse("HANDSHAKE_TIMEOUT", "The server took too long.", 503);
        break;
      default:
        this.deadline = Infinity;
        this.#transport.destroy();
    }
  }

  // ---- deciding ----

  #ask(request: ValidRequest, rest: Uint8Array): void {
    const { upgrade, settings } = this.#plan;
    if (upgrade === undefined) {
      this.#accept(request, ACCEPTED, rest);
      return;
    }
    let decision: Decision | Promise<Decision>;
    try {
      decision = decide(upgrade, this.#asked!);
    } catch (error) {
      this.#programFailed(error);
      return;
    }
    if (!isPromiseLike(decision)) {
      this.#answer(request, decision, rest);
      return;
    }
    // Reading goes on, to see whether the client leaves meanwhile.
    const early = new EarlyBytes(this.#transport, settings.limits.maxHeadBytes);
    if (rest.length > 0) early.push(rest);
    this.#early = early;
    if (this.#decoder === undefined) this.#transport.start(this);
    decision.then(
      (decided) => {
        if (this.#phase === "deciding") this.#answer(request, decided, early.take());
      },
      (error: unknown) => this.#programFailed(error),
    );
  }

  #answer(request: ValidRequest, decision: Decision, rest: Uint8Array): void {
    if (this.#phase !== "deciding") return;
    if (decision.status === undefined) {
      this.#accept(request, decision, rest);
      return;
    }
    const { status, headers, body } = decision;
    let refusal: Refusal;
    try {
      refusal = createRefusal("REFUSED", "The request was refused.", {
        status,
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      });
    } catch (error) {
      this.#programFailed(error);
      return;
    }
    this.#refuse(refusal);
  }

  #accept(request: ValidRequest, answer: Acceptance, rest: Uint8Array): void {
    const { group, handshake, upgrade } = this.#plan;
    let response: AcceptResponse;
    try {
      response = acceptResponse(this.#plan, request, answer);
    } catch (error) {
      this.#programFailed(error);
      return;
    }
    const { service, subprotocol, extensions, transform } = response;
    const outcome = this.#outcome;
    const driver = new Driver({
      group,
      transport: this.#transport,
      role: "server",
      settings: service.settings,
      program: service.program,
      transform,
      onReleased: outcome.connectionReleased,
      onDelivered: outcome.connectionDelivered,
    });
    // What the program's `upgrade` has seen, and perhaps changed, stays that object.
    const store = upgrade === undefined && this.#decoder !== undefined;
    const agreement = {
      subprotocol,
      extensions,
      request: store
        ? storeRequest(this.#decoder!.headText, handshake, this.#transport)
        : (this.#asked ?? new AskedRequest(request, this.#transport)),
      response: undefined,
    };
    const connection = createConnection(driver, agreement, answer.context);
    driver.connection = connection;
    this.#phase = "done";
    this.#transport.write([response.bytes]);
    this.#early?.resume();
    this.#release();
    outcome.accepted(connection);
    driver.begin(rest, service.run);
  }

  /** An ordinary request is handed over where somebody serves it. */
  #handOverOr(refusal: Refusal, rest: Uint8Array): void {
    const { handOff } = this.#outcome;
    const decoder = this.#decoder;
    if (refusal.isUpgrade || handOff === undefined || decoder === undefined) {
      this.#refuse(refusal);
      return;
    }
    const refused = handOff(this.#transport, { head: decoder.head, headBytes: decoder.headBytes, rest, isLater: this.#isLater });
    if (refused === undefined) {
      this.#phase = "done";
      this.#release();
    } else this.#refuse(refused);
  }

  // ---- not accepted ----

  #programFailed(error: unknown): void {
    this.#plan.program.report(error, undefined);
    if (this.#phase === "reading" || this.#phase === "deciding") this.refuse("HANDLER_FAILED", "The server failed.");
  }

  #refuse(refusal: Refusal): void {
    if (this.#phase === "refused" || this.#phase === "done") return;
    const started = this.#decoder !== undefined || this.#early !== undefined;
    const early = this.#early;
    // The protocol's type is that of both roles. Which codes a request can give is tested.
    this.#fail(refusal.code as ServerHandshakeErrorCode, refusal.message, refusal.status);
    this.#transport.write([encodeRefusal(refusal)]);
    this.#transport.end();
    if (!started) this.#transport.start(this);
    early?.resume();
  }

  #fail(code: ServerHandshakeErrorCode, message: string, status: number, cause?: unknown): void {
    if (this.#phase === "refused" || this.#phase === "done") return;
    const { group, settings } = this.#plan;
    const error = handshakeError(code, message, status, undefined, cause);
    const asked = this.#asked;
    this.#phase = "refused";
    this.#early = undefined;
    this.#decoder = undefined;
    this.#asked = undefined;
    this.deadline = group.clock.now() + settings.closeTimeout;
    group.deadlines.update(this);
    asked?.abort(error);
    this.#reportRefusal(error, asked);
    this.#outcome.failed?.(error);
  }

  #reportRefusal(error: HandshakeError<ServerHandshakeErrorCode>, request: AskedRequest | undefined): void {
    const { onRefused } = this.#plan;
    // A client that connects and leaves without a word, as health checks do, has asked for nothing.
    if (onRefused === undefined || (!this.#begun && error.status === 0)) return;
    callGuarded(
      () => onRefused(error, request),
      (thrown) => this.#plan.program.report(thrown, undefined),
    );
  }

  #release(): void {
    this.#plan.group.deadlines.remove(this);
    this.#outcome.released?.(this);
  }
}
