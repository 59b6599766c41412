/** How the connection ended, and who waits to learn it (§7.1.4). */
import type { ConnectionEngine } from "@ws/protocol";

import type { Closed } from "../connection/closed.ts";
import { connectionError } from "../connection/errors.ts";
import { deferred, type Deferred } from "./deferred.ts";

export class Outcome {
  /** Undefined before the end. */
  closed: Closed | undefined = undefined;
  #waiter: Deferred<Closed> | undefined = undefined;

  get promise(): Promise<Closed> {
    if (this.closed !== undefined) return Promise.resolve(this.closed);
    this.#waiter ??= deferred<Closed>();
    return this.#waiter.promise;
  }

  settle(closed: NonNullable<ConnectionEngine["closed"]>): Closed {
    this.closed = closed.wasClean ? closed : { ...closed, error: connectionError(closed.error) };
    this.#waiter?.resolve(this.closed);
    return this.closed;
  }
}
