/**
 * One way in which a peer can make us hold something, as a row of docs/limits.md and as a test: the attack is carried out by several peers at a time,
 * what they make this process hold is weighed, and then the clock moves until they are gone.
 */
import type { RequestListener } from "node:http";

import {
  ENDPOINT_DEFAULTS,
  DEFAULTS,
  type ConnectionHandler,
  type MemoryTransport,
  type OpenOptions,
  type ServerOptions,
} from "@ws/endpoint";

import type { ManualClock } from "../support/clock.ts";
import { settle } from "../support/clock.ts";
import type { RawPeer } from "../support/raw.ts";

/** Largest chunk that a transport hands over at once. */
export const READ = 65_536;

/** Every limit and time by name, `keepAlive` in two. */
export type Numbers = Readonly<Record<keyof typeof NUMBERS, number>>;
const NUMBERS = {
  ...DEFAULTS,
  ...ENDPOINT_DEFAULTS,
  maxFrameBytes: DEFAULTS.maxMessageBytes,
  idleTimeout: Infinity,
};
export const defaults: Numbers = NUMBERS;

/** Smaller, so that an attack is quick: the bounds follow them. */
export const small: Numbers = {
  ...NUMBERS,
  maxMessageBytes: 262_144,
  maxFrameBytes: 262_144,
  maxBufferedBytes: 262_144,
  maxFragments: 4_096,
};

/** What a formula of the page comes to: `maxHeadBytes + READ`. */
export interface Bound {
  readonly text: string;
  readonly of: (numbers: Numbers) => number;
}

export const nothing: Bound = { text: "nothing", of: () => 0 };
export const bytes = (text: string, of: Bound["of"]): Bound => ({ text, of });
/** A time that the peer can make no longer. */
export const time = bytes;
/** No bound but what the peer, or the program, does: said as it is. */
export const open = (text: string): Bound => ({ text, of: () => Infinity });

/** What bounds the number of those who can do it. */
export const IN_ALL = {
  handshakes: "2 × `maxPendingHandshakes`",
  connections: "`maxConnections`",
  requests: "`maxConnections`, counted apart",
  client: "the program's own calls of `connect`",
} as const;

/** A row of the page. */
export interface Row {
  /** What the peer does. */
  readonly what: string;
  /** At most, for one peer, besides the objects of a connection that is idle. */
  readonly holds: Bound;
  /** The number of peers that can. */
  readonly inAll: string;
  /** From the last that the peer does. */
  readonly lasts: Bound;
}

/** What only a runtime's own sockets can do: a case of the contract shows it. */
export interface OnSockets extends Row {
  readonly shownBy: string;
}

export interface Attack extends Row {
  /** A part of `holds` that the attack reaches for certain, so that it is known to be one. */
  readonly reaches?: number;
  readonly options?: ServerOptions;
  readonly handler?: ConnectionHandler;
  /** The attacked one is a client of ours, which dials. */
  readonly client?: OpenOptions;
  /** Serves ordinary HTTP too. */
  readonly requests?: RequestListener;
  play(attacker: Attacker): Promise<void>;
}

/** One peer at work. */
export class Attacker {
  readonly peer: RawPeer;
  readonly clock: ManualClock;
  /** The other end: ours. */
  readonly transport: MemoryTransport;
  /** Bytes that it got rid of. */
  sent = 0;

  constructor(peer: RawPeer, transport: MemoryTransport, clock: ManualClock) {
    this.peer = peer;
    this.transport = transport;
    this.clock = clock;
  }

  async send(...pieces: (Uint8Array | string)[]): Promise<void> {
    this.peer.write(...pieces);
    for (const piece of pieces) this.sent += piece.length;
    await settle();
    // What it is answered is none of our memory.
    this.peer.take();
  }

  /** Waits until we have answered in so many writes. */
  async answered(writes: number): Promise<void> {
    while (this.transport.writes < writes) await this.send();
  }

  /** Reads no more. */
  stopReading(): void {
    this.peer.transport.pause();
  }

  /** The same bytes again and again, until we take no more of them or are rid of the peer. */
  async flood(piece: Uint8Array, most: number): Promise<void> {
    for (let sent = 0; sent < most && this.peer.transport.bufferedBytes === 0 && !this.isGone; sent += piece.length) await this.send(piece);
  }

  /** The stream is over, or we have ended it. */
  get isGone(): boolean {
    return this.transport.closed || this.peer.ended_;
  }
}
