import type { Kind } from "./data.ts";

/** One measurement of `strategies.ts`. */
export interface Figure {
  strategy: Strategy;
  kind: Kind;
  size: number;
  /** Microseconds of processor time for one message, compressed and decompressed. */
  microseconds: number;
  /** Plain bytes per compressed byte. */
  ratio: number;
  /** Longest time in which the event loop did nothing else, milliseconds; for messages from 64 KiB. */
  hold: number;
  /** Why there is no figure. */
  failed?: string;
}

export const strategies = ["current", "switched", "dictionary", "stream"] as const;
export type Strategy = (typeof strategies)[number];
