/**
 * What all connections of one process share: the clock, one timer for all their deadlines, randomness, one send arena.
 */
import type { Utf8 } from "@ws/codec";

import type { Clock } from "./clock.ts";

/** What the host brings. */
export interface DriverGroupOptions {
  readonly clock: Clock;
  /** Fills `bytes` with cryptographically strong randomness (`crypto.getRandomValues`). Clients need it (§5.3); servers do not. */
  readonly fillRandom?: ((bytes: Uint8Array<ArrayBuffer>) => unknown) | undefined;
  /** A faster UTF-8 than the codec's own. */
  readonly utf8?: Utf8 | undefined;
  /** A faster SHA-1 than the protocol's own. */
  readonly sha1?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** Where errors of handlers go when there is no `onError` (`console.error`). */
  readonly printError: (error: unknown) => void;
}

export class DriverGroup {
  readonly clock: Clock;

  constructor(options: DriverGroupOptions) {
    this.clock = options.clock;
  }
}
