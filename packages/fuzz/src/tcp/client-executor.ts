/**
 * Runs sessions with a client under test, which decides when it connects: what is to be run waits for its case, or, if it was not
 * announced, for the next case of the reserve.
 */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Executor, SessionRun, RunOptions } from "../run/executor.ts";
import { frameStep, type Session } from "../sessions/session.ts";
import { Opcode } from "../wire/frame.ts";
import { headerValues, type Head } from "../wire/head.ts";
import type { DriveOptions } from "./play.ts";
import { runOnClient } from "./run-on-client.ts";
import type { Wire } from "./wire.ts";

interface Waiting {
  session: Session;
  patience: number;
  resolve: (run: SessionRun | undefined) => void;
}

export interface ClientExecutorOptions extends DriveOptions {
  /** Reserve of cases for confirmations and shrinking. */
  readonly followUps: number;
  /** What happened to the spawned driver, if there is one. */
  readonly exited?: (() => string | undefined) | undefined;
}

export class ClientExecutor implements Executor {
  readonly target = "client" as const;
  name = "client";
  readonly concurrency: number = Infinity;
  /** Set when the driver asked for its report, or nothing is left to do. */
  finished = false;
  /** Cases the driver ran that had nothing to do. */
  unused = 0;
  readonly runs: Map<number, SessionRun> = new Map();
  readonly #options: ClientExecutorOptions;
  readonly #fixed = new Map<number, Waiting>();
  readonly #followUps: Waiting[] = [];
  #holders: (() => void)[] = [];
  #announced = 0;
  #running = 0;
  readonly #keys = new Set<string>();
  #lastSeen: number = performance.now();

  constructor(options: ClientExecutorOptions) {
    this.#options = options;
  }

  get caseCount(): number {
    return this.#announced + this.#options.followUps;
  }
  get fixedCases(): number {
    return this.#announced;
  }
  /** Milliseconds since the driver did anything. */
  get idle(): number {
    return this.#running > 0 ? 0 : performance.now() - this.#lastSeen;
  }

  run(session: Session, { slot, patience = 1 }: RunOptions = {}): Promise<SessionRun | undefined> {
    if (this.finished) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      if (slot !== undefined) {
        this.#fixed.set(slot, { session, patience, resolve });
        this.#announced = Math.max(this.#announced, slot);
      } else {
        this.#followUps.push({ session, patience, resolve });
        this.#holders.shift()?.();
      }
    });
  }

  alive(): Promise<Deviation | undefined> {
    const exited = this.#options.exited?.();
    return Promise.resolve(
      exited === undefined
        ? undefined
        : {
            kind: "target-died",
            level: "MUST",
            section: "RFC 6455 §10.4",
            happened: `the client ended (${exited})`,
            allowed: "the client goes on",
          },
    );
  }

  /** There will be no more cases: whatever waits is told so. */
  stop(): void {
    this.finished = true;
    for (const waiting of [...this.#fixed.values(), ...this.#followUps.splice(0)]) waiting.resolve(undefined);
    this.#fixed.clear();
    this.finish();
  }
  finish(): void {
    this.finished = true;
    for (const holder of this.#holders.splice(0)) holder();
  }
  /** The driver has gone without running these cases: they will not come in this round. */
  abandonFixed(): void {
    for (const waiting of this.#fixed.values()) waiting.resolve(undefined);
    this.#fixed.clear();
  }

  /** The driver runs a case. */
  async serve(wire: Wire, request: Head, number: number): Promise<void> {
    this.#lastSeen = performance.now();
    let waiting = this.#fixed.get(number);
    if (waiting !== undefined) this.#fixed.delete(number);
    else {
      waiting = this.#followUps.shift();
      if (waiting === undefined && !this.finished) {
        // The campaign is deciding what to try next; a driver that skipped known cases will not run them any more.
        const timer = setTimeout(() => {
          this.abandonFixed();
        }, 3000);
        await new Promise<void>((resolve) => this.#holders.push(resolve));
        clearTimeout(timer);
        waiting = this.#followUps.shift();
      }
    }
    if (waiting === undefined) {
      this.unused++;
      await runOnClient(wire, request, { steps: [frameStep(Opcode.TEXT, "unused")] }, this.#options);
      return;
    }
    this.#running++;
    const options = { ...this.#options, timeout: this.#options.timeout * waiting.patience, grace: this.#options.grace * waiting.patience };
    const run = await runOnClient(wire, request, waiting.session, options);
    this.#running--;
    this.#lastSeen = performance.now();
    const key = headerValues(request, "sec-websocket-key")[0];
    if (key !== undefined && this.#keys.has(key))
      run.judgement.deviations.push({
        kind: "key-reused",
        level: "MUST",
        section: "RFC 6455 §4.1",
        happened: "Sec-WebSocket-Key is that of an earlier connection",
        allowed: "a random key for each connection",
      });
    if (key !== undefined) this.#keys.add(key);
    this.runs.set(number, run);
    waiting.resolve(run);
    // What is tried next is decided before the driver can ask.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
