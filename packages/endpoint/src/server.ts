/**
 * The generic server: an adapter feeds it with transports and gives it a listening socket to close.
 */
import { CloseCode, encodeClosePayload } from "@ws/codec";
import { createRefusal } from "@ws/protocol/handshake";

import { acceptPlan, type AcceptPlan } from "./opening/accept-plan.ts";
import type { HandOff } from "./opening/hand-off.ts";
import { ServerOpening, type HandshakeOutcome } from "./opening/server-opening.ts";
import type { Connection } from "./connection/connection.ts";
import { disposable } from "./connection/async-dispose.ts";
import type { DeadlineEntry } from "./driver/deadlines.ts";
import { ENDPOINT_DEFAULTS } from "./connection/defaults.ts";
import type { DriverGroup } from "./driver/driver-group.ts";
import { errorReporter, groupOf, type Host } from "./driver/host.ts";
import type { AnyAnswer, ContextOf, NoContext } from "./connection/answer.ts";
import type { ConnectionHandler, ServerOptions } from "./connection/options.ts";
import { takeOptions, type KnownOptions } from "./connection/check-options.ts";
import { takeListenOptions, serverOptions } from "./connection/known-options.ts";
import { number, text } from "./connection/option-kinds.ts";
import { limit, time, type Settings } from "./connection/settings.ts";
import { leaveSignal } from "./connection/unless-aborted.ts";
import { type ServerAddress, serverUrl } from "./server-address.ts";
import type { AbortSignalLike } from "./ports/abort-signal.ts";
import type { Transport } from "./ports/transport.ts";

/** Where a listening socket hands in what it accepts. */
export interface Acceptor<T extends Transport = Transport> {
  /** A fresh transport, not started: the request is read from it. */
  accept(transport: T): void;
}

/** The same for a port that may serve ordinary HTTP as well. For adapters. */
export interface HttpAcceptor<T extends Transport = Transport> extends Acceptor<T> {
  readonly group: DriverGroup;
  readonly settings: Settings;
  /** For what an adapter has to do before it can hand in a transport (TLS), a limit of its own. */
  readonly maxPendingHandshakes: number;
  /** The same transport, behind the response to an ordinary request: its next head is read. `rest` has come already. */
  acceptNext(transport: T, rest: Uint8Array): void;
  /** From now on ordinary requests are handed to `ordinary`; without one they are answered with 426. To be called before anything is accepted. */
  handOrdinaryTo(ordinary: OrdinaryServer<T>): void;
}

/** Serves the ordinary HTTP requests of a port, one at a time for each transport. */
export interface OrdinaryServer<T extends Transport = Transport> {
  readonly serve: HandOff<T>;
  /** Requests in progress. */
  readonly size: number;
  /** The server closes: nothing follows the responses to the requests in progress. Resolves when their transports are gone. */
  close(): Promise<void>;
  /** Gives up what is in progress. */
  abort(): void;
}

/** A listening socket. */
export interface Listener extends ServerAddress {
  /** Stops listening; resolves when the listening socket is released. Transports already accepted are the server's to end. */
  close(): unknown;
}

/** What a host brings to {@link listenWith}. */
export interface Binding<T extends Transport = Transport> {
  /** Starts listening and resolves when the address is bound. */
  open(acceptor: Acceptor<T>): Listener | PromiseLike<Listener>;
}

/** The same for a port that may serve ordinary HTTP as well: {@link listenWith} gives every binding all of the acceptor. For adapters. */
export interface HttpBinding<T extends Transport = Transport> extends Binding<T> {
  open(acceptor: HttpAcceptor<T>): Listener | PromiseLike<Listener>;
}

export interface CloseServerOptions {
  /** The status code of the Close sent to every connection. 1001. */
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  /** After this long what is left is aborted. As `closeTimeout`. */
  readonly timeout?: number | undefined;
}

const closeOptions: KnownOptions<CloseServerOptions> = { code: number, reason: text, timeout: number };

/** A listening server. */
export interface Server<Context = unknown> extends AsyncDisposable {
  /** 0 for a Unix socket. */
  readonly port: number;
  /** The name or address listened on, as it was given; empty for a Unix socket. */
  readonly hostname: string;
  /** The path of the Unix socket, if it listens on one. */
  readonly unix: string | undefined;
  /**
   * What a client on this machine connects to, without a path: `ws://127.0.0.1:8080`, `wss://[::1]:443`. With a Unix socket
   * `ws://localhost`, so `connect(server.url, { unix: server.unix })` reaches any server. No URL has the zone of an address: what listens on
   * `fe80::1%eth0` is reached by `createConnection`, with `hostname` and `port`.
   */
  readonly url: string;
  /** The open and closing connections. May be iterated while connections come and go. */
  readonly connections: { readonly size: number; [Symbol.iterator](): IterableIterator<Connection<Context>> };
  /**
   * Stops listening, gives up opening handshakes (503), begins a closing handshake on every connection, and resolves when everything is
   * released and the promises of `close` handlers are settled, which it waits for no longer than `timeout`. Called again it waits for the same end; its options are not looked at. Rejects, and closes nothing, when code or reason must not be sent.
   */
  close(options?: CloseServerOptions): Promise<void>;
  /** `await using`: {@link close}, in runtimes that have `Symbol.asyncDispose`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Listens: the body of every adapter's `listen`. Rejects with what `open` rejects with, with the reason of a signal that is aborted before the address
 * is bound, and with a TypeError or RangeError for options that cannot work.
 */
export async function listenWith<A extends AnyAnswer = NoContext, T extends Transport = Transport>(
  host: Host,
  binding: Binding<T>,
  options: ServerOptions<A>,
  handler: ConnectionHandler<ContextOf<A>>,
): Promise<Server<ContextOf<A>>> {
  const taken = takeListenOptions(options, handler, serverOptions);
  const group = groupOf(host);
  const core = new ServerCore(group, acceptPlan(group, taken, handler), taken);
  const { signal } = taken;
  if (signal?.aborted === true) throw signal.reason;
  const listener = await binding.open(core);
  if (signal !== undefined) {
    const failed = errorReporter(host, taken.onError);
    try {
      if (signal.aborted) throw signal.reason;
      core.closeOn(signal, listener, failed);
    } catch (error) {
      // Not before the address is free again.
      await core.close(listener).catch(failed);
      throw error;
    }
  }
  const { port, hostname, unix } = listener;
  const connections = new Connections(core.connections as ReadonlySet<Connection<ContextOf<A>>>);
  const close = (closeOptions?: CloseServerOptions): Promise<void> => core.close(listener, closeOptions);
  return disposable({ port, hostname, unix, url: serverUrl(listener), connections, close }, () => close());
}

/** What a program sees of the set: it can look at the connections, not change which there are. */
class Connections<Context> {
  readonly #all: ReadonlySet<Connection<Context>>;

  constructor(all: ReadonlySet<Connection<Context>>) {
    this.#all = all;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Connection<Context>> {
    return this.#all.values();
  }
}

class ServerCore implements HttpAcceptor, HandshakeOutcome, DeadlineEntry {
  readonly connections = new Set<Connection<unknown>>();
  /** When closing: the moment from which what is left is aborted. */
  deadline = Infinity;
  wakeAt = 0;
  heapIndex = -1;
  readonly group: DriverGroup;
  readonly settings: Settings;
  /** Set with `#ordinary`. */
  handOff: HandOff | undefined = undefined;
  readonly connectionReleased = (connection: Connection<unknown>, isDelivered: boolean): void => {
    this.connections.delete(connection);
    if (!isDelivered && !this.#isTimeUp) this.#undelivered.add(connection);
    this.#settleClose();
  };
  readonly connectionDelivered = (connection: Connection<unknown>): void => {
    if (this.#undelivered.delete(connection)) this.#settleClose();
  };
  readonly #plan: AcceptPlan;
  readonly #maxConnections: number;
  readonly maxPendingHandshakes: number;
  /** Of fresh transports. */
  readonly #handshakes = new Set<ServerOpening>();
  /** On transports that have carried ordinary requests, most of them idle: they are bounded as HTTP connections, not as pending handshakes. */
  readonly #later = new Set<ServerOpening>();
  #ordinary: OrdinaryServer | undefined = undefined;
  /** Connections that are over, while a promise of their handlers is pending. */
  readonly #undelivered = new Set<Connection<unknown>>();
  #closing: Promise<void> | undefined = undefined;
  /** The timeout of closing has passed: no handler is waited for any more, nor one that is called from here on. */
  #isTimeUp = false;
  #released: (() => void) | undefined = undefined;
  #giveListenerUp: (() => void) | undefined = undefined;
  /** Lets go of the signal, which may live much longer. */
  #letGo: (() => void) | undefined = undefined;

  constructor(group: DriverGroup, plan: AcceptPlan, options: ServerOptions<AnyAnswer>) {
    this.#plan = plan;
    this.#maxConnections = limit("maxConnections", options.maxConnections, ENDPOINT_DEFAULTS.maxConnections);
    this.maxPendingHandshakes = limit("maxPendingHandshakes", options.maxPendingHandshakes, ENDPOINT_DEFAULTS.maxPendingHandshakes);
    this.group = group;
    this.settings = plan.settings;
  }

  // ---- from the adapter ----

  accept(transport: Transport): void {
    const handshake = this.#begin(transport);
    if (handshake === undefined) return;
    if (this.#closing !== undefined) handshake.refuse("SERVER_BUSY", CLOSING);
    else if (this.#handshakes.size > this.maxPendingHandshakes) handshake.refuse("SERVER_BUSY", PENDING);
    else handshake.read();
  }

  acceptNext(transport: Transport, rest: Uint8Array): void {
    const opening = new ServerOpening(this.#plan, transport, this);
    this.#later.add(opening);
    opening.readNext(rest);
  }

  handOrdinaryTo(ordinary: OrdinaryServer): void {
    this.#ordinary = ordinary;
    this.handOff = (transport, request) => {
      // A later request of its connection is among those that read a later head.
      const others = this.#later.size + ordinary.size - (request.isLater ? 1 : 0);
      const full = others >= this.#maxConnections;
      return full
        ? createRefusal("SERVER_BUSY", "Too many connections are open.", { isUpgrade: false })
        : ordinary.serve(transport, request);
    };
  }

  #begin(transport: Transport): ServerOpening | undefined {
    // Those that are being refused count too: under a flood nobody is answered any more.
    if (this.#handshakes.size >= 2 * this.maxPendingHandshakes + 1) {
      transport.destroy();
      return undefined;
    }
    const handshake = new ServerOpening(this.#plan, transport, this);
    this.#handshakes.add(handshake);
    return handshake;
  }

  // ---- from the handshakes ----

  accepted(connection: Connection<unknown>): void {
    this.connections.add(connection);
  }

  released(handshake: ServerOpening): void {
    if (!this.#handshakes.delete(handshake)) this.#later.delete(handshake);
    this.#settleClose();
  }

  busy(handshake: ServerOpening): string | undefined {
    if (this.#closing !== undefined) return CLOSING;
    // A used transport that asks for an upgrade is a pending handshake like any other.
    if (this.#later.delete(handshake) && this.#handshakes.add(handshake).size > this.maxPendingHandshakes) return PENDING;
    return this.connections.size >= this.#maxConnections ? "Too many connections are open." : undefined;
  }

  // ---- closing ----

  closeOn(signal: AbortSignalLike, listener: Listener, failed: (error: unknown) => void): void {
    const aborted = (): void => void this.close(listener).catch(failed);
    signal.addEventListener("abort", aborted);
    this.#letGo = () => leaveSignal(signal, aborted);
  }

  async close(listener: Listener, given: CloseServerOptions = {}): Promise<void> {
    if (this.#closing === undefined) {
      const options = takeOptions(given, closeOptions);
      const { code = CloseCode.GOING_AWAY, reason } = options;
      // What cannot be sent is refused before anything is closed.
      encodeClosePayload(code, reason);
      const timeout = time("timeout", options.timeout, this.settings.closeTimeout);
      // Set before anything else can happen: a function of the program that closes once more, from within this call, waits for the same end.
      let begin!: (closed: Promise<void>) => void;
      this.#closing = new Promise((resolve) => (begin = resolve));
      begin(this.#close(listener, code, reason, timeout));
    }
    await this.#closing;
  }

  async #close(listener: Listener, code: number, reason: string | undefined, timeout: number): Promise<void> {
    this.#letGo?.();
    const released = new Promise<void>((resolve) => (this.#released = resolve));
    const givenUp = new Promise<void>((resolve) => (this.#giveListenerUp = resolve));
    // A host that cannot close its listening socket, or never does, keeps nothing else open.
    const listenerClosed = Promise.race([new Promise((resolve) => resolve(listener.close())), givenUp]);
    const ordinaryClosed = this.#ordinary?.close();
    for (const handshake of this.#everyHandshake()) handshake.giveUp(CLOSING);
    for (const connection of this.connections) connection.close(code, reason);
    this.deadline = this.group.clock.now() + timeout;
    this.group.deadlines.update(this);
    this.#settleClose();
    const [listening] = await Promise.allSettled([listenerClosed, released, ordinaryClosed]);
    this.group.deadlines.remove(this);
    if (listening.status === "rejected") throw listening.reason;
  }

  handleTimeout(now: number): void {
    if (this.#isTimeUp) {
      this.deadline = Infinity;
      this.#giveListenerUp?.();
      return;
    }
    this.deadline = now + this.settings.closeTimeout;
    this.#isTimeUp = true;
    for (const handshake of this.#everyHandshake()) handshake.abort(CLOSING);
    this.#ordinary?.abort();
    for (const connection of this.connections) connection.abort(new Error(CLOSING));
    this.#undelivered.clear();
    this.#settleClose();
  }

  #everyHandshake(): ServerOpening[] {
    return [...this.#handshakes, ...this.#later];
  }

  #settleClose(): void {
    if (this.connections.size === 0 && this.#undelivered.size === 0 && this.#handshakes.size === 0 && this.#later.size === 0)
      this.#released?.();
  }
}

const CLOSING = "The server is closing.";
const PENDING = "Too many opening handshakes are pending.";
