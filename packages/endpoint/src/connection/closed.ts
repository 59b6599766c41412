import type { ConnectionError } from "./errors.ts";

/** How a connection ended. */
export interface Closed {
  /** §7.1.5: of the peer's Close; 1005 when that had none, 1006 when no Close was received. */
  readonly code: number;
  /** §7.1.6: of the peer's Close, else empty. */
  readonly reason: string;
  /** A closing handshake was completed (§7.1.4). */
  readonly wasClean: boolean;
  /** Who began: the side that sent the first Close, or failed or lost the connection. */
  readonly initiator: "local" | "remote";
  /** Why, when it was not clean. `error.closeCode` is what our Close said when we failed the connection. */
  readonly error?: ConnectionError | undefined;
}
