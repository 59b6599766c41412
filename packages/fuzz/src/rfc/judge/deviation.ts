/** What a judge says: how a target differs from everything that is allowed, and how much that weighs. */
export type DeviationLevel = "MUST" | "SHOULD" | "tolerated";

/** One way in which a target differs from everything that is allowed. */
export interface Deviation {
  /** Stable name, e.g. `accepts:rsv`. */
  readonly kind: string;
  readonly level: DeviationLevel;
  readonly section: string;
  /** What happened. */
  readonly happened: string;
  /** What would have been allowed. */
  readonly allowed: string;
}

export interface Judgement {
  readonly deviations: Deviation[];
  /** Why no judgement is possible. */
  readonly inconclusive?: string | undefined;
  readonly notApplicable?: string | undefined;
}

export interface JudgeOptions {
  readonly behaviour: "echo" | "silent";
}
