/** Pings of the program that wait for their Pong (§5.5.2, §5.5.3). */
interface PendingPing {
  readonly id: number;
  readonly sentAt: number;
  readonly resolve: (roundTripTime: number) => void;
  readonly reject: (error: unknown) => void;
}

export class Pings {
  #pending: PendingPing[] = [];

  /** The promise for ping `id`: its round-trip time in milliseconds. */
  add(id: number, now: number): Promise<number> {
    return handled(new Promise((resolve, reject) => this.#pending.push({ id, sentAt: now, resolve, reject })));
  }

  /** The promise for a ping that was not sent. */
  refused(error: unknown): Promise<number> {
    return handled(Promise.reject(error));
  }

  /** §5.5.3: a Pong to a later Ping answers the earlier ones too. */
  answered(id: number, now: number): void {
    while (this.#pending.length > 0 && this.#pending[0]!.id <= id) {
      const ping = this.#pending.shift()!;
      ping.resolve(now - ping.sentAt);
    }
  }

  failed(error: unknown): void {
    for (const ping of this.#pending) ping.reject(error);
    this.#pending = [];
  }
}

/** A ping sent for its effect alone, whose promise nobody keeps, must not end the process when the connection is lost. */
function handled(promise: Promise<number>): Promise<number> {
  promise.catch(() => undefined);
  return promise;
}
