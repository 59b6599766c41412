/** Both opening handshakes over the memory transport, on one clock. */
import { permessageDeflate } from "@ws/protocol/pako";

import type { AnyAnswer, ContextOf, NoContext, Undecided } from "../connection/answer.ts";
import type { KnownOptions } from "../connection/check-options.ts";
import type { Connection } from "../connection/connection.ts";
import { openOptions, takeConnectOptions } from "../connection/known-options.ts";
import { any } from "../connection/option-kinds.ts";
import type { AcceptOptions, AcceptOptionsWithUpgrade, ConnectionHandler, OpenOptions } from "../connection/options.ts";
import { HandshakeError } from "../connection/errors.ts";
import { createHost } from "../driver/host.ts";
import { acceptConnection } from "../opening/accepting.ts";
import { connectTarget, parseUrl } from "../opening/connect-target.ts";
import { openConnection } from "../opening/opening.ts";
import type { Clock } from "../ports/clock.ts";
import { memoryTransportPair } from "../transports/memory-transport.ts";
import { ManualClock } from "./manual-clock.ts";
import { Uncaught } from "./uncaught.ts";

/** Time, for both ends. It stands still until it is told to pass. */
export interface TestClock {
  /**
   * Lets so many milliseconds pass, and resolves when everything is done that is due by then: the connections' timers, what they sent, the handlers
   * that received it, and what those did. 0: what is due already.
   *
   * Rejects with what a handler threw meanwhile, unless there is an `onError`. The program's own timers are its own.
   */
  advance(milliseconds: number): Promise<void>;
}

/** What `connect` is called with. */
export interface PairClientOptions extends OpenOptions {
  /** `upgrade` sees its path, query and host. `ws://localhost/` by default. */
  url?: string | URL | undefined;
}

const pairClientOptions: KnownOptions<PairClientOptions> = { ...openOptions, url: any };

export interface ConnectedPair<Context> {
  readonly client: Connection<undefined>;
  readonly server: Connection<Context>;
  readonly clock: TestClock;
}

/**
 * Connects a client to a server that has these options and this handler, as `listen` and `connect` would, and resolves when both are open and have
 * nothing left to do.
 *
 * Rejects with a `HandshakeError` when the server refuses, with a TypeError or RangeError for options that cannot work, and with what `upgrade` or a
 * handler throws, unless there is an `onError`.
 */
export function connectedPair<A extends AnyAnswer = Undecided>(
  serverOptions: AcceptOptionsWithUpgrade<A>,
  serverHandler?: ConnectionHandler<ContextOf<A>>,
  clientOptions?: PairClientOptions,
  clientHandler?: ConnectionHandler<undefined>,
): Promise<ConnectedPair<ContextOf<A>>>;
export function connectedPair<A extends AnyAnswer = NoContext>(
  serverOptions?: AcceptOptions<A>,
  serverHandler?: ConnectionHandler<ContextOf<A>>,
  clientOptions?: PairClientOptions,
  clientHandler?: ConnectionHandler<undefined>,
): Promise<ConnectedPair<ContextOf<A>>>;
export function connectedPair<A extends AnyAnswer>(
  serverOptions: AcceptOptions<A> = {},
  serverHandler?: ConnectionHandler<ContextOf<A>>,
  clientOptions: PairClientOptions = {},
  clientHandler?: ConnectionHandler<undefined>,
): Promise<ConnectedPair<ContextOf<A>>> {
  const clock = new ManualClock();
  const uncaught = new Uncaught();
  return uncaught.during(async () => {
    const taken = takeConnectOptions(clientOptions, clientHandler, pairClientOptions, "the handler behind the client's options");
    const { url = "ws://localhost/", ...options } = taken;
    const target = connectTarget(parseUrl(url, URL));
    const [near, far] = memoryTransportPair(looselyTimed(clock));
    const host = createHost({ clock, fillRandom, deflate: permessageDeflate, printError: uncaught.report });
    const accepting = acceptConnection(host, Object.assign(far, { secure: target.secure }), serverOptions, serverHandler);
    try {
      const client = await openConnection(host, target, () => near, options, clientHandler);
      const server = await accepting;
      return { client, server, clock: { advance: (milliseconds) => uncaught.during(() => advance(clock, milliseconds)) } };
    } catch (error) {
      near.destroy();
      throw await reason(accepting, error);
    } finally {
      await clock.settle();
    }
  });
}

/** Refused, the client is told more than the server; with options that cannot work, less. */
async function reason(accepting: Promise<unknown>, clientError: unknown): Promise<unknown> {
  try {
    await accepting;
    return clientError;
  } catch (serverError) {
    return serverError instanceof HandshakeError ? clientError : serverError;
  }
}

async function advance(clock: ManualClock, milliseconds: number): Promise<void> {
  if (typeof milliseconds !== "number" || !(milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`the clock advances by a number of milliseconds from 0 on, not ${String(milliseconds)}`);
  }
  await clock.advance(milliseconds);
}

/** A network delivers in turns of the loop: two ends that answer each other for ever leave the test its turn. */
function looselyTimed(clock: ManualClock): Clock {
  return {
    now: clock.now.bind(clock),
    setTimer: clock.setTimer.bind(clock),
    clearTimer: clock.clearTimer.bind(clock),
    turn: clock.turn.bind(clock),
    microtask: clock.turn.bind(clock),
  };
}

/** Masking keys protect proxies on the way (§10.3), and there are none: the same in each run. */
function fillRandom(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) bytes[index] = Math.imul(index + 1, 0x9e3779b1) >>> 24;
}
