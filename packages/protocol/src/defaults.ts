/** Every number a peer can run into. All of them are finite; `undefined` means the default, and 0 means 0. */
export interface Limits {
  /** Bytes of an opening handshake's head. */
  readonly maxHeadBytes: number;
  /** Header lines in it. */
  readonly maxHeaders: number;
  /** Bytes of one message, over all its fragments, after decompression too: 1009. */
  readonly maxMessageBytes: number;
  /** Bytes of one frame's payload. `undefined`: `maxMessageBytes`. */
  readonly maxFrameBytes: number | undefined;
  /** Frames of one message, empty ones included: 1008. */
  readonly maxFragments: number;
  /** Bytes accepted for sending and not taken yet. A further message fails the connection when they have reached this. */
  readonly maxBufferedBytes: number;
  /** Pings of ours without an answer, and Pongs that wait to be taken (§5.5.3: beyond it the latest stands for all). */
  readonly maxPendingPings: number;
}

/** Times in milliseconds. */
export interface Timeouts {
  readonly handshakeTimeout: number;
  /** How long the peer may take to answer our Close, and then to end the transport. */
  readonly closeTimeout: number;
  /** Silence of the peer after which it gets a Ping. */
  readonly keepAliveInterval: number;
  /** Silence after that Ping which means that the peer is gone. */
  readonly keepAliveTimeout: number;
}

/** The one table of defaults. docs/defaults.md shows it, and a test compares the two. */
export const DEFAULTS: Readonly<Limits & Timeouts> = /* @__PURE__ */ Object.freeze({
  maxHeadBytes: 16_384,
  maxHeaders: 100,
  maxMessageBytes: 16 * 1024 * 1024,
  maxFrameBytes: undefined,
  maxFragments: 131_072,
  maxBufferedBytes: 16 * 1024 * 1024,
  maxPendingPings: 64,
  handshakeTimeout: 10_000,
  closeTimeout: 5_000,
  keepAliveInterval: 20_000,
  keepAliveTimeout: 20_000,
});
