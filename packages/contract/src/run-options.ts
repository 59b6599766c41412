/** What a run of the suite is asked, and what it says of each case. */
import type { Certificate, Path, Target } from "./case.ts";

export interface RunOptions {
  readonly path: Path;
  readonly certificate: Certificate;
  /** Servers to run the pair cases against; without them, against one of our own. */
  readonly targets?: readonly Target[];
  /** Which cases. */
  readonly select?: "usual" | "smoke" | "endurance" | "pair";
  /** Only those whose name contains this. */
  readonly only?: string;
  /** Only this case, in this process: it was started for it. */
  readonly fresh?: string;
  /** How many cases at a time. Those of the endurance run go one by one. */
  readonly parallel?: number;
}

export interface Result {
  readonly name: string;
  readonly client: string;
  /** Of a pair case. */
  readonly server?: string;
  readonly path: Path;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
  /** The difference that excused it. */
  readonly skipped?: string;
}
