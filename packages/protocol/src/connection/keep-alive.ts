import { requireAmount } from "../usage.ts";

/**
 * The keep-alive policy (RFC 6455 §5.5.2: a Ping "may serve either as a keepalive or as a means to verify that the remote
 * endpoint is still responsive"). A peer that was silent for `interval` gets a Ping; one that stays silent for
 * `timeout` after it is gone. Any byte counts as life, so a busy connection sends no Pings.
 */
export class KeepAlive {
  readonly #interval: number;
  readonly #timeout: number;
  #heardAt: number;
  /** A Ping was sent and nothing was received since. */
  #waiting = false;
  /** When `act` is due. A byte received does not move it, so that a driver's timer stays where it is. */
  deadline: number;

  /** @throws RangeError for times that are none */
  constructor(interval: number, timeout: number, now: number) {
    this.#interval = requireTime("keepAlive.interval", interval);
    this.#timeout = requireTime("keepAlive.timeout", timeout);
    this.#heardAt = now;
    this.deadline = now + interval;
  }

  /** The peer gave a sign of life. */
  heard(now: number): void {
    this.#heardAt = now;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.deadline = now + this.#interval;
  }

  /**
   * What is to be done at `deadline`. `listening`: silence means something, because the transport is being read. If it is not, a Ping still shows
   * a peer that has gone: writing to it fails.
   */
  act(now: number, listening: boolean): "nothing" | "ping" | "fail" {
    if (!listening) {
      this.restart(now);
      return "ping";
    }
    if (this.#waiting) return "fail";
    const due = this.#heardAt + this.#interval;
    if (now < due) {
      this.deadline = due;
      return "nothing";
    }
    this.#waiting = true;
    this.deadline = now + this.#timeout;
    return "ping";
  }

  /** The time so far proved nothing. */
  restart(now: number): void {
    this.#heardAt = now;
    this.deadline = now + (this.#waiting ? this.#timeout : this.#interval);
  }
}

/** 0 would be a Ping without end. */
function requireTime(name: string, time: number): number {
  if (requireAmount(name, time) === 0) throw new RangeError(`${name} must be above 0`);
  return time;
}
