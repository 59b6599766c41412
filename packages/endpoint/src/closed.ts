import type { ConnectionError } from "./errors.ts";

/** How a connection ended. */
export interface Closed {
  /** The status code: the peer's, 1005 when its Close had none, 1006 when there was no Close; when we failed the connection, the code we sent. */
  readonly code: number;
  readonly reason: string;
  /** A closing handshake was completed (§7.1.4). */
  readonly wasClean: boolean;
  /** Who began: the side that sent the first Close, or failed or lost the connection. */
  readonly initiator: "local" | "remote";
  /** Why, when it was not clean. */
  readonly error?: ConnectionError | undefined;
}
