/**
 * The server side of the opening handshake (§4.2) for one transport: reads the request, or takes one that a host's HTTP server has
 * read; asks the program; answers.
 */
import type { MessageTransform, RequestHead } from "@ws/protocol";
import {
  HeadDecoder,
  HeadEvent,
  acceptExtensions,
  checkServerHandshakeOptions,
  createRefusal,
  encodeAccept,
  encodeRefusal,
  evaluateRequest,
  refusalOf,
  type HandshakeFailureCode,
  type Refusal,
  type ServerHandshakeOptions,
  type UpgradeRequest,
} from "@ws/protocol";

import { Connection } from "../connection/connection.ts";
import type { DeadlineEntry } from "../driver/deadlines.ts";
import { Driver } from "../driver/driver.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { HandshakeError, type HandshakeErrorCode } from "../connection/errors.ts";
import type { AcceptOptions, ConnectionHandler, ConnectionHandlers, UpgradeAnswer } from "../connection/options.ts";
import { Program } from "../driver/program.ts";
import { isPromiseLike } from "../driver/promise-like.ts";
import { checkAccept, type Names } from "../connection/known-options.ts";
import { resolveSettings, type Settings } from "../connection/settings.ts";
import { storeRequest } from "./stored-request.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";

/**
 * Takes over a transport on which an ordinary HTTP request arrived. `bytes` (a copy, the adapter's) is everything read so far, head
 * included; the transport is paused and nothing of it is used here any more. The adapter gives both to its HTTP server.
 */
export type HandOff<T extends Transport = Transport> = (transport: T, bytes: Uint8Array) => void;

/**
 * Reads the request from the transport, answers it, and resolves with the open connection. A refusal is answered on the transport, which is then
 * ended; the promise rejects with a {@link HandshakeError}.
 */
export function acceptConnection<Context = undefined>(
  group: DriverGroup,
  transport: Transport,
  options: AcceptOptions<Context> = {},
  handler?: ConnectionHandler<Context>,
): Promise<Connection<Context>> {
  return accepting(group, transport, options, handler, (handshake) => handshake.read());
}

/**
 * The same for a request whose head a host's HTTP server has read: `rest` are the bytes that came after it (modified here). The
 * transport must not have been started.
 */
export function acceptUpgrade<Context = undefined>(
  group: DriverGroup,
  transport: Transport,
  head: RequestHead,
  rest: Uint8Array,
  options: AcceptOptions<Context> = {},
  handler?: ConnectionHandler<Context>,
): Promise<Connection<Context>> {
  return accepting(group, transport, options, handler, (handshake) => handshake.judge(head, rest));
}

async function accepting<Context>(
  group: DriverGroup,
  transport: Transport,
  options: AcceptOptions<Context>,
  handler: ConnectionHandler<Context> | undefined,
  begin: (handshake: ServerHandshake) => void,
): Promise<Connection<Context>> {
  const plan = acceptPlan(group, options, handler);
  const connection = await new Promise<Connection<unknown>>((resolve, reject) =>
    begin(new ServerHandshake(plan, transport, { accepted: resolve, failed: reject })),
  );
  return connection as Connection<Context>;
}

/** Everything that the connections of one server share, resolved and checked once. */
export interface AcceptPlan {
  readonly group: DriverGroup;
  readonly settings: Settings;
  readonly handshake: ServerHandshakeOptions;
  readonly upgrade: AcceptOptions<unknown>["upgrade"];
  readonly handlers: ConnectionHandlers<unknown> | undefined;
  /** Function style. */
  readonly run: ((connection: Connection<unknown>) => unknown) | undefined;
  readonly onError: ((error: unknown, connection: Connection<unknown> | undefined) => void) | undefined;
}

/** @throws TypeError, RangeError for options that cannot work */
export function acceptPlan<Context>(
  group: DriverGroup,
  options: AcceptOptions<Context>,
  handler: ConnectionHandler<Context> | undefined,
  known?: Names,
): AcceptPlan {
  checkAccept(options, handler, known);
  const { subprotocols, subprotocolOrder, origin } = options;
  const handshake: ServerHandshakeOptions = {
    ...(subprotocols && { subprotocols }),
    ...(subprotocolOrder && { subprotocolOrder }),
    ...(origin !== undefined && { origin }),
  };
  checkServerHandshakeOptions(handshake);
  const handlers = typeof handler === "function" ? undefined : handler;
  return {
    group,
    settings: resolveSettings(options, handlers),
    handshake,
    upgrade: options.upgrade,
    // What is typed by Context outside is carried as unknown inside: only `upgrade` makes one, only the program reads it.
    handlers: handlers as ConnectionHandlers<unknown> | undefined,
    run: typeof handler === "function" ? (handler as (connection: Connection<unknown>) => unknown) : undefined,
    onError: options.onError as AcceptPlan["onError"],
  };
}

/** Who wants to know what became of a handshake. */
export interface HandshakeOutcome {
  /** Called before the first event of the connection. */
  accepted(connection: Connection<unknown>): void;
  failed?(error: HandshakeError): void;
  /** The handshake holds nothing any more: it was accepted, handed off, or its transport is closed. */
  released?(handshake: ServerHandshake): void;
  /** The connection is over and its transport released. */
  readonly connectionReleased?: ((connection: Connection<unknown>, isDelivered: boolean) => void) | undefined;
  /** Also the last promise of its handlers is settled. */
  readonly connectionDelivered?: ((connection: Connection<unknown>) => void) | undefined;
  /** A reason to refuse any request at present, such as a server that is full. */
  busy?(): string | undefined;
  handOff?: HandOff | undefined;
}

/**
 * reading → deciding (`upgrade` is asynchronous) → done, or → refused: the answer is on its way, what the peer still sends is dropped
 * (ending a stream with unread bytes would reset it and take the answer along), and the transport is destroyed if it lingers.
 */
type Phase = "reading" | "deciding" | "refused" | "done";

export class ServerHandshake implements TransportSink, DeadlineEntry {
  deadline: number;
  wakeAt = 0;
  heapIndex = -1;
  readonly #plan: AcceptPlan;
  readonly #transport: Transport;
  readonly #outcome: HandshakeOutcome;
  #phase: Phase = "reading";
  #decoder: HeadDecoder<"request"> | undefined = undefined;
  /** Own copies of what came behind the head while deciding. */
  #rest: Uint8Array[] = [];

  constructor(plan: AcceptPlan, transport: Transport, outcome: HandshakeOutcome) {
    this.#plan = plan;
    this.#transport = transport;
    this.#outcome = outcome;
    this.deadline = plan.group.clock.now() + plan.settings.handshakeTimeout;
    plan.group.deadlines.update(this);
  }

  /** Reads the request from the transport. */
  read(): void {
    const { settings, group } = this.#plan;
    this.#decoder = new HeadDecoder("request", settings.limits, group.utf8);
    this.#transport.start(this);
  }

  /** Judges a request whose head has been read; `rest` came behind it. */
  judge(head: RequestHead, rest: Uint8Array): void {
    const { handshake } = this.#plan;
    let request: UpgradeRequest | Refusal;
    try {
      request = evaluateRequest(head, this.#transport.secure === true ? { ...handshake, secure: true } : handshake);
    } catch (error) {
      // The program's `origin` function.
      this.#programFailed(error);
      return;
    }
    if (request.kind === "refusal") {
      const { handOff } = this.#outcome;
      if (!request.isUpgrade && handOff !== undefined && this.#decoder !== undefined)
        this.#handOver(handOff, this.#decoder.headBytes, rest);
      else this.#refuse(request);
      return;
    }
    const busy = this.#outcome.busy?.();
    if (busy === undefined) this.#ask(request, rest);
    else this.refuse("SERVER_BUSY", busy);
  }

  /** Answers with the status of `code`, whatever has been read. */
  refuse(code: HandshakeFailureCode, message: string, status?: number): void {
    this.#refuse(createRefusal(code, message, status === undefined ? {} : { status }));
  }

  /** Tears the transport down, without an answer. */
  abort(message: string): void {
    this.#fail("ABORTED", message, 0);
    this.#transport.destroy();
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    if (this.#phase === "deciding") this.#rest.push(bytes.slice());
    if (this.#phase !== "reading") return;
    const decoder = this.#decoder!;
    decoder.receive(bytes);
    switch (decoder.poll()) {
      case HeadEvent.HEAD:
        this.judge(decoder.head, decoder.rest);
        break;
      case HeadEvent.FAILED:
        this.#refuse(refusalOf(decoder.error!));
        break;
    }
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
        this.refuse("HANDSHAKE_TIMEOUT", "The request took too long.");
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

  #ask(request: UpgradeRequest, rest: Uint8Array): void {
    const { upgrade } = this.#plan;
    if (upgrade === undefined) {
      this.#accept(request, {}, rest);
      return;
    }
    let answer: ReturnType<typeof upgrade>;
    try {
      answer = upgrade(request);
    } catch (error) {
      this.#programFailed(error);
      return;
    }
    if (!isPromiseLike(answer)) {
      this.#answer(request, answer, rest);
      return;
    }
    this.#phase = "deciding";
    if (rest.length > 0) this.#rest.push(rest.slice());
    if (this.#decoder === undefined) this.#transport.start(this);
    this.#transport.pause();
    Promise.resolve(answer).then(
      (settled) => {
        if (this.#phase !== "deciding") return;
        this.#transport.resume();
        this.#answer(request, settled, joined(this.#rest));
      },
      (error: unknown) => this.#programFailed(error),
    );
  }

  #answer(request: UpgradeRequest, answer: UpgradeAnswer<unknown> | undefined, rest: Uint8Array): void {
    if (answer?.status === undefined) {
      this.#accept(request, answer ?? {}, rest);
      return;
    }
    const { status, headers, body } = answer;
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

  #accept(request: UpgradeRequest, answer: UpgradeAnswer<unknown> & { status?: undefined }, rest: Uint8Array): void {
    const { group, settings, handlers, run, onError } = this.#plan;
    const subprotocol = answer.subprotocol ?? request.subprotocol;
    let response: Uint8Array;
    let extensions: string;
    let transform: MessageTransform | undefined;
    try {
      ({ response: extensions, transform } = acceptExtensions(request.offers, settings.extensions));
      response = encodeAccept(request, {
        subprotocol,
        extensions,
        ...(answer.headers && { headers: answer.headers }),
        ...(group.sha1 && { sha1: group.sha1 }),
      });
    } catch (error) {
      transform?.close?.();
      this.#programFailed(error);
      return;
    }
    const outcome = this.#outcome;
    const driver = new Driver({
      group,
      transport: this.#transport,
      role: "server",
      settings,
      program: new Program(group, handlers, onError, settings.inspect),
      transform,
      onReleased: outcome.connectionReleased,
      onDelivered: outcome.connectionDelivered,
    });
    // What the program's `upgrade` has seen, and perhaps changed, stays that object.
    const store = this.#plan.upgrade === undefined && this.#decoder !== undefined;
    const agreement = {
      subprotocol,
      extensions,
      request: store ? storeRequest(this.#decoder!.headText, this.#plan.handshake) : request,
      response: undefined,
    };
    const connection = new Connection<unknown>(driver, agreement, answer.context);
    driver.connection = connection;
    this.#phase = "done";
    this.#transport.write([response]);
    this.#release();
    outcome.accepted(connection);
    driver.begin(rest, run);
  }

  #handOver(handOff: HandOff, head: Uint8Array, rest: Uint8Array): void {
    const bytes = joined([head, rest], true);
    this.#phase = "done";
    this.#transport.pause();
    this.#release();
    handOff(this.#transport, bytes);
  }

  // ---- not accepted ----

  #programFailed(error: unknown): void {
    const { onError, group } = this.#plan;
    try {
      if (onError === undefined) group.printError(error);
      else onError(error, undefined);
    } catch (second) {
      group.printError(second);
    }
    if (this.#phase === "reading" || this.#phase === "deciding") this.refuse("HANDLER_FAILED", "The server failed.");
  }

  #refuse(refusal: Refusal): void {
    if (this.#phase === "refused" || this.#phase === "done") return;
    const started = this.#decoder !== undefined || this.#phase === "deciding";
    const resume = this.#phase === "deciding";
    this.#fail(refusal.code, refusal.message, refusal.status);
    this.#transport.write([encodeRefusal(refusal)]);
    this.#transport.end();
    if (!started) this.#transport.start(this);
    if (resume) this.#transport.resume();
  }

  #fail(code: HandshakeErrorCode, message: string, status: number, cause?: unknown): void {
    if (this.#phase === "refused" || this.#phase === "done") return;
    const { group, settings } = this.#plan;
    this.#phase = "refused";
    this.#rest = [];
    this.#decoder = undefined;
    this.deadline = group.clock.now() + settings.closeTimeout;
    group.deadlines.update(this);
    this.#outcome.failed?.(new HandshakeError(code, message, status, undefined, cause));
  }

  #release(): void {
    this.#plan.group.deadlines.remove(this);
    this.#outcome.released?.(this);
  }
}

function joined(pieces: readonly Uint8Array[], copy = false): Uint8Array {
  if (pieces.length === 1 && !copy) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
