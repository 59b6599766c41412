/** What a judge says: how a target differs from everything that is allowed, and how much that weighs. */
export type Level = "MUST" | "SHOULD" | "tolerated";

/** One way in which a target differs from everything that is allowed. */
export interface Deviation {
  /** Stable name, e.g. `accepts:rsv`. */
  kind: string;
  level: Level;
  section: string;
  /** What happened. */
  happened: string;
  /** What would have been allowed. */
  allowed: string;
}

export interface Judgement {
  deviations: Deviation[];
  /** Why no judgement is possible. */
  inconclusive?: string;
  notApplicable?: string;
}

export interface JudgeOptions {
  behaviour: "echo" | "silent";
}
