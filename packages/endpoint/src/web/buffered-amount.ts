/**
 * `bufferedAmount`: the bytes of messages, without framing, that were sent by the program and had not been transmitted when the current task began.
 * What is never transmitted any more stays in it for good.
 */
import type { Connection } from "../connection/connection.ts";

interface Sent {
  /** Of the message. */
  readonly size: number;
  /** In frames. */
  readonly framed: number;
}

export class BufferedAmount {
  readonly #queueTask: (task: () => void) => void;
  #connection: Pick<Connection, "bufferedBytes"> | undefined = undefined;
  #shown = 0;
  /** Messages that were not given to the connection: not yet, or never. */
  #kept = 0;
  /** What the connection was given and had not transmitted at the last look. */
  #inFlight: Sent[] = [];
  #inFlightSize = 0;
  #inFlightFramed = 0;
  #untransmitted = 0;
  #taskQueued = false;

  constructor(queueTask: (task: () => void) => void) {
    this.#queueTask = queueTask;
  }

  /** It never shrinks while a task runs in which something was sent: only the operating system's next turn makes it. */
  get value(): number {
    if (!this.#taskQueued) this.#look();
    return this.#shown;
  }

  /** `send` was called. */
  add(size: number): void {
    this.#kept += size;
    this.#shown += size;
    if (this.#taskQueued || this.#connection === undefined) return;
    this.#taskQueued = true;
    this.#queueTask(() => {
      this.#taskQueued = false;
      this.#look();
    });
  }

  opened(connection: Pick<Connection, "bufferedBytes">): void {
    this.#connection = connection;
  }

  /** One of the messages is given to the connection by `send`, which says whether it was accepted. */
  give(size: number, send: () => boolean): void {
    const connection = this.#connection!;
    const before = connection.bufferedBytes;
    if (!send()) return;
    this.#kept -= size;
    const framed = connection.bufferedBytes - before;
    this.#inFlight.push({ size, framed });
    this.#inFlightSize += size;
    this.#inFlightFramed += framed;
    this.#untransmitted = this.#inFlightSize;
  }

  /** The connection is closed. After a closing handshake everything that it accepted has been transmitted; else it knows what never left. */
  closed(wasClean: boolean): void {
    if (this.#connection === undefined) return;
    this.#look();
    this.#connection = undefined;
    this.#inFlight = [];
    if (wasClean) this.#shown = this.#kept;
  }

  #look(): void {
    if (this.#connection === undefined) return;
    const buffered = this.#connection.bufferedBytes;
    // Pongs and the like are buffered as well: then it is an upper bound.
    let transmitted = buffered === 0 ? Infinity : Math.max(0, this.#inFlightFramed - buffered);
    let count = 0;
    for (const { size, framed } of this.#inFlight) {
      if (framed > transmitted) break;
      transmitted -= framed;
      this.#inFlightSize -= size;
      this.#inFlightFramed -= framed;
      count++;
    }
    if (count > 0) this.#inFlight.splice(0, count);
    const [first] = this.#inFlight;
    const header = first === undefined ? 0 : Math.max(0, first.framed - first.size);
    const part = first === undefined ? 0 : Math.min(first.size, Math.max(0, transmitted - header));
    this.#untransmitted = this.#inFlightSize - part;
    this.#shown = this.#kept + this.#untransmitted;
  }
}
