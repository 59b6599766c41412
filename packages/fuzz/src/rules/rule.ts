/** A rule: one sentence of an RFC, and the smallest exchange that shows whether a target keeps it. */
import type { Area } from "../sessions/areas.ts";
import type { Session, Step, TargetRole } from "../sessions/session.ts";

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

export type RuleText = Omit<Rule, "id" | "area" | "section" | "level" | "title" | "targets" | "session">;

export const BOTH: readonly TargetRole[] = ["server", "client"];
export const SERVER: readonly TargetRole[] = ["server"];
export const CLIENT: readonly TargetRole[] = ["client"];

/** A list of rules of one area, written row by row. */
export class RuleList {
  readonly rules: Rule[] = [];
  private readonly area: Area;

  constructor(area: Area) {
    this.area = area;
  }

  add(
    name: string,
    section: string,
    level: Rule["level"],
    title: string,
    targets: readonly TargetRole[],
    session: Session | readonly Step[],
    more: RuleText = {},
  ): void {
    const whole = Array.isArray(session) ? { steps: session as readonly Step[] } : (session as Session);
    this.rules.push({
      id: `${this.area}/${name}`,
      area: this.area,
      section: section.startsWith("RFC") ? section : `RFC 6455 §${section}`,
      level,
      title,
      targets,
      session: whole,
      ...more,
    });
  }
}
