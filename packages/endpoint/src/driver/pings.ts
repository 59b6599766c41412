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
    return new Promise((resolve, reject) => this.#pending.push({ id, sentAt: now, resolve, reject }));
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
