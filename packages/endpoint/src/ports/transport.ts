/**
 * The Transport port: one reliable, ordered, two-way byte stream (TCP, TLS, a Unix socket, a pair of WHATWG streams).
 *
 * An adapter implements it by translation only. It knows nothing of WebSocket and decides nothing.
 */

/** What a transport reports. The endpoint implements it; a transport calls it, but never from within a call of one of its own methods. */
export interface TransportSink {
  /** Bytes from the peer, at least one. They may be modified (unmasked in place). Not called while paused, save for bytes already read. */
  received(bytes: Uint8Array): void;
  /**
   * What was written has gone: called when {@link Transport.bufferedBytes}, above 0 after a `write`, has reached 0. A call too many does no
   * harm, but what is lost has not gone.
   */
  drained(): void;
  /** The peer's FIN: it will send no more. Not called after `closed`. */
  ended(): void;
  /** The stream is gone in both directions and its resources are released. Exactly once, always, last; `error` when it was lost (a reset). */
  closed(error?: unknown): void;
}

/** One byte stream, offered by an adapter. */
export interface Transport {
  /**
   * Begins delivery to `sink`: before the first call nothing is read.
   *
   * Called a second time when the opening handshake is done: from then on everything goes to the new sink. What the first
   * sink has been given is not repeated.
   */
  start(sink: TransportSink): void;
  /**
   * Writes the pieces in order, in one system call where the runtime can. Never throws and never blocks: what the operating system
   * does not take is buffered. The pieces stay untouched by the endpoint until they have been written (see {@link copies}), so no copy
   * is needed; the array itself is the transport's from here on. After `end`, `destroy` or `closed`, a write is ignored.
   */
  write(pieces: Uint8Array[]): void;
  /** Bytes written and not yet taken by the operating system. Once the stream is destroyed or lost, those that never will be, for good. */
  readonly bufferedBytes: number;
  /** Stops reading, so that the peer is slowed down by flow control. A chunk already read may still be delivered. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** Half-closes after what is written (FIN). Reading goes on. */
  end(): void;
  /**
   * Tears down now and drops what is buffered: with a reset where that is possible, but not behind our own `end`. Of the sink's methods
   * only `closed` follows, after this has returned.
   */
  destroy(): void;
  /** True when the bytes given to {@link TransportSink.received} are reused after it returns (one read buffer). */
  readonly borrowed: boolean;
  /**
   * True when what `bufferedBytes` does not count after a `write` has been copied, by the kernel say: its memory may then be written again.
   * False by default: a piece stays untouched for as long as anybody holds it.
   */
  readonly copies?: boolean | undefined;
  /** The peer's address, as the runtime writes it. */
  readonly remoteAddress?: string | undefined;
  /** The stream is TLS: the default port of `Host` is 443. */
  readonly secure?: boolean | undefined;
}
