/**
 * The client side of the opening handshake (§4.1): dials, asks, validates the answer. One deadline and one signal cover all of it.
 */
import type { MessageTransform } from "@ws/protocol";
import {
  ClientHandshake,
  HandshakeEvent,
  HandshakeFailure,
  confirmExtensions,
  formatExtensions,
  offerExtensions,
} from "@ws/protocol/handshake";

import type { ConnectTarget } from "./connect-target.ts";
import { dialFailure, type Reached, schemeAdvice } from "./reachability.ts";
import { type Connection, createConnection } from "../connection/connection.ts";
import type { DeadlineEntry } from "../driver/deadlines.ts";
import { Driver } from "../driver/driver.ts";
import { callGuarded } from "../driver/guarded.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { groupOf, type Host } from "../driver/host.ts";
import type { ClientHandshakeErrorCode } from "../connection/error-code.ts";
import { handshakeError } from "../connection/errors.ts";
import type { ConnectionHandler, OpenOptions } from "../connection/options.ts";
import { takeConnectOptions, openOptions } from "../connection/known-options.ts";
import { shown } from "../connection/option-kinds.ts";
import { resolveSettings } from "../connection/settings.ts";
import { leaveSignal } from "../connection/unless-aborted.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";
import { handlersOf, type Service, serviceBy } from "./service.ts";

/**
 * Opens the byte stream, for a client: resolves when it is connected (TLS included). `onCancel` registers what stops the attempt, in the place of
 * what was registered before: called when the deadline passes or the signal is aborted, or at once when that has happened. A transport that
 * comes later all the same is destroyed.
 */
export type Dial = (onCancel: OnCancel) => Transport | PromiseLike<Transport>;

/** The reason is the error that connecting fails with. */
export type OnCancel = (cancel: (reason: unknown) => void) => void;

/**
 * Dials, sends the request, validates the response.
 *
 * @param handler what is done with the connection, from before the promise is resolved; without one its messages are iterated
 * @returns the open connection; rejects with a {@link HandshakeError}, or with a TypeError or RangeError for options that cannot be sent
 */
export async function openConnection(
  host: Host,
  target: Pick<ConnectTarget, "host" | "target"> & Partial<ConnectTarget>,
  dial: Dial,
  options: OpenOptions = {},
  handler?: ConnectionHandler<undefined>,
): Promise<Connection<undefined>> {
  const taken = takeConnectOptions(options, handler, openOptions, "openConnection(host, target, dial, {}, handler)");
  const { subprotocols, headers, origin } = taken;
  const group = groupOf(host);
  const settings = resolveSettings(taken, handlersOf(handler), group.deflate);
  const handshake = new ClientHandshake({
    host: target.host,
    target: target.target,
    nonce: group.randomBytes(16),
    extensions: offerExtensions(settings.extensions),
    limits: settings.limits,
    lenient: settings.lenient,
    ...(subprotocols && { subprotocols }),
    ...(headers && { headers }),
    ...(origin !== undefined && { origin }),
    ...(group.sha1 && { sha1: group.sha1 }),
  });
  return await new Promise<Connection<undefined>>((resolve, reject) => {
    const service = serviceBy(group, settings, handler, taken.onError);
    new Opening(group, service, handshake, target, taken.signal, resolve, reject).dial(dial);
  });
}

/** dialing → waiting (for the response) → done. */
class Opening implements TransportSink, DeadlineEntry {
  deadline: number;
  wakeAt = 0;
  heapIndex = -1;
  readonly #group: DriverGroup;
  readonly #service: Service;
  readonly #handshake: ClientHandshake;
  readonly #target: Reached;
  /** Of the answer, for the message of an error. */
  #firstOctet: number | undefined = undefined;
  readonly #signal: OpenOptions["signal"];
  readonly #resolve: (connection: Connection<undefined>) => void;
  readonly #reject: (error: unknown) => void;
  readonly #aborted = (): void => this.#fail("ABORTED", "connecting was aborted", this.#signal?.reason);
  #done = false;
  #transport: Transport | undefined = undefined;
  #cancelDial: ((reason: unknown) => void) | undefined = undefined;
  #error: { readonly reason: unknown } | undefined = undefined;

  constructor(
    group: DriverGroup,
    service: Service,
    handshake: ClientHandshake,
    target: Reached,
    signal: OpenOptions["signal"],
    resolve: (connection: Connection<undefined>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#group = group;
    this.#service = service;
    this.#handshake = handshake;
    this.#target = target;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.deadline = group.clock.now() + service.settings.handshakeTimeout;
  }

  dial(dial: Dial): void {
    const signal = this.#signal;
    if (signal?.aborted === true) {
      this.#aborted();
      return;
    }
    signal?.addEventListener("abort", this.#aborted);
    this.#group.deadlines.update(this);
    let dialed: Transport | PromiseLike<Transport>;
    try {
      dialed = dial((cancel) => {
        if (this.#error === undefined) this.#cancelDial = cancel;
        else cancel(this.#error.reason);
      });
    } catch (error) {
      this.#dialFailed(error);
      return;
    }
    Promise.resolve(dialed).then(
      (transport) => this.#dialed(transport),
      (error: unknown) => this.#dialFailed(error),
    );
  }

  #dialed(transport: Transport): void {
    this.#cancelDial = undefined;
    if (this.#done) {
      if (isTransport(transport)) transport.destroy();
      return;
    }
    if (!isTransport(transport)) {
      this.#end(new TypeError(`dial must return a transport, not ${shown(transport)}`));
      return;
    }
    this.#transport = transport;
    transport.start(this);
    transport.write([this.#handshake.request]);
  }

  #dialFailed(error: unknown): void {
    this.#cancelDial = undefined;
    this.#fail("TRANSPORT_LOST", dialFailure(error, this.#target), error);
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#firstOctet ??= bytes[0];
    this.#handshake.receive(bytes);
    this.#poll();
  }

  drained(): void {
    // The one write of a handshake needs no backpressure.
  }

  ended(): void {
    if (this.#done) return;
    this.#handshake.receiveEnd();
    this.#poll();
  }

  closed(error?: unknown): void {
    if (this.#done) return;
    // A refusal whose body was cut off is still a refusal.
    if (this.#handshake.responseHead !== undefined) this.ended();
    else this.#fail("TRANSPORT_LOST", `the stream was lost before the opening handshake was over.${this.#advice}`, error);
  }

  handleTimeout(): void {
    if (this.#handshake.responseHead !== undefined) this.ended();
    else this.#fail("HANDSHAKE_TIMEOUT", `the opening handshake took more than ${this.#service.settings.handshakeTimeout} ms`);
  }

  // ---- outcome ----

  #poll(): void {
    try {
      this.#judge();
    } catch (error) {
      // An extension of the program's, or a port of the host's.
      this.#end(error);
    }
  }

  #judge(): void {
    const handshake = this.#handshake;
    switch (handshake.poll()) {
      case HandshakeEvent.ACCEPTED: {
        const transform = confirmExtensions(handshake.extensions, this.#service.settings.extensions);
        if (transform instanceof HandshakeFailure) this.#failWith(transform);
        else this.#open(transform);
        break;
      }
      case HandshakeEvent.FAILED:
        this.#failWith(handshake.error!);
        break;
    }
  }

  #open(transform: MessageTransform | undefined): void {
    const handshake = this.#handshake;
    const { settings, program, run } = this.#service;
    this.#settle();
    const driver = new Driver({
      group: this.#group,
      transport: this.#transport!,
      role: "client",
      settings,
      program,
      transform,
    });
    const connection = createConnection(
      driver,
      {
        subprotocol: handshake.subprotocol,
        extensions: formatExtensions(handshake.extensions),
        request: undefined,
        response: handshake.responseHead,
      },
      undefined,
    );
    driver.connection = connection;
    this.#resolve(connection);
    driver.begin(handshake.rest, run);
  }

  #failWith(failure: HandshakeFailure): void {
    // The protocol's type is that of both roles. Which codes a response can give is tested.
    const code = failure.code as ClientHandshakeErrorCode;
    this.#end(handshakeError(code, failure.message + this.#advice, failure.response?.status ?? 0, failure.response));
  }

  get #advice(): string {
    return schemeAdvice(this.#target, this.#firstOctet);
  }

  #fail(code: ClientHandshakeErrorCode, message: string, cause?: unknown): void {
    this.#end(handshakeError(code, message, 0, undefined, cause));
  }

  /** @param error a HandshakeError, or what the program did wrong */
  #end(error: unknown): void {
    if (this.#done) return;
    this.#error = { reason: error };
    this.#settle();
    callGuarded(
      () => this.#cancelDial?.(error),
      (thrown) => this.#service.program.report(thrown, undefined),
    );
    // Behind a FIN, not by a reset: many a server's upgrade handler ends the socket without listening to its errors, and dies of one.
    this.#transport?.end();
    this.#transport?.destroy();
    this.#reject(error);
  }

  #settle(): void {
    this.#done = true;
    this.#group.deadlines.remove(this);
    if (this.#signal !== undefined) leaveSignal(this.#signal, this.#aborted);
  }
}

function isTransport(dialed: unknown): dialed is Transport {
  return typeof dialed === "object" && dialed !== null && typeof (dialed as { start?: unknown }).start === "function";
}
