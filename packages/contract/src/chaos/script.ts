/**
 * A script: what a run of the random driver does, as plain data. It holds nothing but JSON, so it can be printed, kept, cut down and played again.
 */

/** The kinds of byte stream that lie under a listener. With "upgrade" an HTTP server of the program's own reads the heads. */
export type PlaceKind = "tcp" | "tls" | "unix" | "upgrade" | "upgrade-tls" | "streams" | "memory";

/** How a program takes its messages. */
export type Style = "handlers" | "iterate" | "chunks" | "pieces";

/** Options of one side. */
export interface Tuning {
  readonly style: Style;
  readonly borrow?: boolean;
  readonly compress?: boolean;
  readonly sendHighWaterMark?: number;
  readonly receiveHighWaterMark?: number;
  readonly maxBufferedBytes?: number;
  readonly maxMessageBytes?: number;
  readonly closeTimeout: number;
  readonly handshakeTimeout: number;
}

export interface PlaceScript {
  readonly kind: PlaceKind;
  /** Ordinary HTTP on the same port. */
  readonly fetch?: boolean;
  /** The server's side is a peer that speaks bytes. */
  readonly raw?: boolean;
  readonly tuning: Tuning;
  /** Memory only: most bytes of one read, and of what the pipe takes. */
  readonly chunk?: number;
  readonly capacity?: number;
}

/** How a raw client opens, or a raw server answers. */
export type RawOpening = "good" | "early" | "slow" | "behind-requests" | "bad" | "garbage" | "half";

export interface ConnectionScript {
  readonly place: number;
  /** Undefined: the client is a peer that speaks bytes. */
  readonly client?: Tuning;
  /** Of the raw side. */
  readonly opening: RawOpening;
  /** What `upgrade` does: answers at once, in a later turn, refuses, or throws. */
  readonly upgrade: "now" | "later" | "refuse" | "throw";
  /** Gentle: both sides keep the rules, read everything, and part by a closing handshake. Everything is then required of them. */
  readonly gentle: boolean;
}

export type MessageKind = "text" | "wide" | "binary";

/** What an end of ours does. */
export type ProgramAction =
  | {
      readonly do: "send";
      readonly size: number;
      readonly as: MessageKind;
      readonly way: "plain" | "copy" | "view" | "prepared";
      readonly times?: number;
    }
  | {
      readonly do: "sendStream";
      readonly pieces: readonly number[];
      readonly as: MessageKind;
      readonly source: "array" | "turns" | "throws" | "hangs";
      readonly abort?: boolean;
    }
  | { readonly do: "begin"; readonly as: MessageKind }
  | { readonly do: "write"; readonly size: number }
  | { readonly do: "end"; readonly size: number }
  | { readonly do: "flush" }
  | { readonly do: "ping"; readonly size: number }
  | { readonly do: "close"; readonly code?: number; readonly reason?: string }
  | { readonly do: "abort" }
  | { readonly do: "stop" }
  | { readonly do: "go" }
  | { readonly do: "slow"; readonly turns: number }
  | { readonly do: "leave" }
  | { readonly do: "slip"; readonly which: "code" | "reason" | "message" | "begin" }
  | { readonly do: "arm"; readonly what: ProgramAction | { readonly do: "echo" | "awaitPong" | "throw" | "reject" } };

/** What a peer that speaks bytes does. */
export type RawAction =
  | {
      readonly do: "message";
      readonly size: number;
      readonly as: MessageKind;
      readonly fragments: number;
      readonly cuts: number;
      readonly times?: number;
    }
  | { readonly do: "pingFrame"; readonly size: number }
  | { readonly do: "illegal"; readonly which: string }
  | { readonly do: "closeFrame"; readonly code?: number }
  | { readonly do: "fin" }
  | { readonly do: "reset" }
  | { readonly do: "stopReading" }
  | { readonly do: "readOn" };

export type WorldAction =
  | { readonly do: "connect" }
  | { readonly do: "giveUp" }
  | { readonly do: "closeServer"; readonly place: number; readonly timeout: number; readonly code: number }
  | { readonly do: "stall"; readonly ms: number }
  | { readonly do: "jump"; readonly ms: number }
  | { readonly do: "broadcast"; readonly size: number }
  /** Servers' ends send messages of one size in one turn, every second one's prepared and flushed at once; one of them a large one before. */
  | { readonly do: "crowd"; readonly size: number };

export type Action = ProgramAction | RawAction | WorldAction;

/** One thing done, and what is let pass behind it. Nothing waits for its effect. */
export interface Step {
  /** Which connection. */
  readonly on: number;
  readonly by: "client" | "server" | "world";
  readonly act: Action;
  /** "none": the next step comes in the same turn. A number: milliseconds. */
  readonly then: "none" | "microtask" | "turn" | number;
}

export interface Script {
  readonly seed: number;
  readonly places: readonly PlaceScript[];
  readonly connections: readonly ConnectionScript[];
  readonly steps: readonly Step[];
}

/** What a run found to be wrong. Two faults of the same kind are taken for the same one when a script is cut down. */
export interface Fault {
  readonly kind: string;
  readonly detail: string;
  readonly connection?: number | undefined;
}
