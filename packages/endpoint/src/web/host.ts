/** What an adapter brings to `defineWebSocket` and `defineWebSocketStream`. */
import type { Connection } from "../connection/connection.ts";
import type { ConnectionHandlers } from "../connection/options.ts";
import type { KnownOptions } from "../connection/check-options.ts";
import type { Deflate } from "../connection/settings.ts";

export interface WebHost<ConnectOptions> {
  /** The adapter's `connect`. */
  connect(url: URL, options: ConnectOptions, handlers: ConnectionHandlers<undefined>): Promise<Connection<undefined>>;
  /** The names of its options. */
  readonly knownOptions: KnownOptions<ConnectOptions>;
  /** What its option `compress` makes. */
  readonly deflate: Deflate;
  /**
   * Queues a task, as the standard means it: tasks run in the order in which they were queued, not before those of the event loop that are due, and
   * with the microtasks of each before the next.
   */
  queueTask(task: () => void): void;
}
