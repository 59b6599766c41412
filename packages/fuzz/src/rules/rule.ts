/** A rule: one sentence of an RFC, and the smallest exchange that shows whether a target keeps it. */
import type { Area } from "../sessions/areas.ts";
import type { Session, TargetRole } from "../sessions/session.ts";

export interface Rule {
  /** `<area>/<name>` */
  readonly id: string;
  readonly area: Area;
  readonly section: string;
  readonly level: "MUST" | "SHOULD";
  readonly title: string;
  readonly targets: readonly TargetRole[];
  readonly session: Session;
  /** The session says nothing unless permessage-deflate was agreed on. */
  readonly deflate?: boolean | undefined;
  /** Kinds of deviation (prefixes) that only this rule reports, wherever they are seen. */
  readonly home?: readonly string[] | undefined;
  /** Only these kinds count (prefixes); everything else is allowed. */
  readonly only?: readonly string[] | undefined;
  /** A refusal of the handshake is allowed too: the request is unusually large. */
  readonly mayRefuse?: boolean | undefined;
  /** Afterwards a new connection must work. */
  readonly alive?: boolean | undefined;
  /** The exchange is done this many times at once. */
  readonly connections?: number | undefined;
  /** Why there is no planted defect for it. */
  readonly unplanted?: string | undefined;
}

/** A rule as it stands in the table of its area: a MUST for both roles, unless it says otherwise. */
export interface RuleRow extends Omit<Rule, "id" | "area" | "level" | "targets"> {
  readonly name: string;
  readonly level?: Rule["level"] | undefined;
  readonly targets?: readonly TargetRole[] | undefined;
}

const BOTH: readonly TargetRole[] = ["server", "client"];
export const SERVER: readonly TargetRole[] = ["server"];
export const CLIENT: readonly TargetRole[] = ["client"];

export function ruleTable(area: Area, rows: readonly RuleRow[]): Rule[] {
  return rows.map(({ name, level = "MUST", targets = BOTH, ...row }) => ({ id: `${area}/${name}`, area, level, targets, ...row }));
}
