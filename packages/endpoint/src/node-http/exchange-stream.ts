/**
 * What `node:http` takes for a connection: it carries one request that has passed the strict reader, and its response. Bytes and endings go
 * to the exchange, which knows the real transport; deadlines are its business as well.
 */
import { Duplex } from "node:stream";

export interface StreamEvents {
  /** The request is read further. */
  wanted(): void;
  /** Calls `done` when the transport has taken the bytes. */
  write(pieces: Uint8Array[], done: () => void): void;
  /** Nothing follows this response on its connection. */
  finished(): void;
  /** The HTTP server has given the connection up. */
  abandoned(): void;
}

export class ExchangeStream extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly #events: StreamEvents;

  constructor(events: StreamEvents, remoteAddress: string | undefined) {
    super({ allowHalfOpen: true });
    this.#events = events;
    this.remoteAddress = remoteAddress;
    // A response that is cut off on purpose (`response.destroy(error)`) ends here: its error has been reported where it arose.
    this.on("error", () => undefined);
  }

  override _read(): void {
    this.#events.wanted();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#events.write([chunk], done);
  }

  override _writev(chunks: { readonly chunk: unknown }[], done: () => void): void {
    this.#events.write(
      chunks.map(({ chunk }) => chunk as Uint8Array),
      done,
    );
  }

  override _final(done: () => void): void {
    this.#events.finished();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#events.abandoned();
    done(error);
  }

  /** Of `net.Socket`; Deno's `node:http` calls it without asking. */
  setTimeout(): this {
    return this;
  }
}
