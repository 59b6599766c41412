/** What transport cases are made of: a raw peer, a sink that records, and one that notices calls from within calls. */
import type { Socket } from "node:net";

import type { Transport, TransportSink } from "@ws/endpoint";

/** Everything a transport reported, in order. */
export class Recorder implements TransportSink {
  readonly log: string[] = [];
  readonly #chunks: Uint8Array[] = [];
  drains = 0;
  error: unknown;

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#chunks));
  }
  get byteLength(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }
  get plain(): boolean {
    return this.#chunks.every((chunk) => Object.getPrototypeOf(chunk) === Uint8Array.prototype);
  }
  received(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    // The bytes may be modified: what is borrowed is overwritten here.
    bytes.fill(0xdd);
    if (this.log.at(-1) !== "received") this.log.push("received");
  }
  drained(): void {
    this.drains++;
  }
  ended(): void {
    this.log.push("ended");
  }
  closed(error?: unknown): void {
    this.error = error;
    this.log.push("closed");
  }
}

export type Kind = "TCP" | "TLS" | "Unix socket";

export interface TransportPair {
  readonly transport: Transport;
  /** The other end. */
  readonly peer: Socket;
}

export interface TransportCase {
  readonly name: string;
  run(kind: Kind, pair: () => Promise<TransportPair>, canReset: boolean): Promise<void>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Collects what the peer gets. */
export function collect(peer: Socket): { bytes: Uint8Array; ended: boolean; closed: boolean } {
  const got = { bytes: new Uint8Array(0) as Uint8Array, ended: false, closed: false };
  const chunks: Uint8Array[] = [];
  peer.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
  });
  Object.defineProperty(got, "bytes", { get: () => new Uint8Array(Buffer.concat(chunks)) });
  peer.on("end", () => (got.ended = true));
  peer.on("close", () => (got.closed = true));
  return got;
}

/** Tells whether the sink is called while a method of the transport is. */
export class Watched extends Recorder {
  broken: string | undefined;
  readonly #transport: Transport;
  #inside: string | undefined;

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
  }

  call<Name extends "start" | "write" | "pause" | "resume" | "end" | "destroy">(name: Name, ...args: Parameters<Transport[Name]>): void {
    this.#inside = name;
    (this.#transport[name] as (...args: unknown[]) => void)(...args);
    this.#inside = undefined;
  }

  #look(event: string): void {
    if (this.#inside !== undefined) this.broken = `${event} within ${this.#inside}`;
  }
  override received(chunk: Uint8Array): void {
    this.#look("received");
    super.received(chunk);
  }
  override drained(): void {
    this.#look("drained");
    super.drained();
  }
  override ended(): void {
    this.#look("ended");
    super.ended();
  }
  override closed(error?: unknown): void {
    this.#look("closed");
    super.closed(error);
  }
}

export function vanish(peer: Socket, kind: Kind): void {
  if (kind === "TCP") peer.resetAndDestroy();
  else peer.destroy();
}
