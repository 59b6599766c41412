/** A rule: one sentence of an RFC, and the smallest exchange that shows whether a target keeps it. */
import type { Area } from "../sessions/areas.ts";
import type { Session, TargetRole } from "../sessions/session.ts";

export interface Rule {
  /** `<area>/<name>` */
  id: string;
  area: Area;
  section: string;
  level: "MUST" | "SHOULD";
  title: string;
  targets: readonly TargetRole[];
  session: Session;
  /** The session says nothing unless permessage-deflate was agreed on. */
  deflate?: boolean;
  /** Kinds of deviation (prefixes) that only this rule reports, wherever they are seen. */
  home?: readonly string[];
  /** Only these kinds count (prefixes); everything else is allowed. */
  only?: readonly string[];
  /** A refusal of the handshake is allowed too: the request is unusually large. */
  mayRefuse?: boolean;
  /** Afterwards a new connection must work. */
  alive?: boolean;
  /** The exchange is done this many times at once. */
  connections?: number;
  /** Why there is no planted defect for it. */
  unplanted?: string;
}

/** A rule as it stands in the table of its area: a MUST for both roles, unless it says otherwise. */
export interface RuleRow extends Omit<Rule, "id" | "area" | "level" | "targets"> {
  name: string;
  level?: Rule["level"];
  targets?: readonly TargetRole[];
}

const BOTH: readonly TargetRole[] = ["server", "client"];
export const SERVER: readonly TargetRole[] = ["server"];
export const CLIENT: readonly TargetRole[] = ["client"];

export function ruleTable(area: Area, rows: readonly RuleRow[]): Rule[] {
  return rows.map(({ name, level = "MUST", targets = BOTH, ...row }) => ({ id: `${area}/${name}`, area, level, targets, ...row }));
}
