/** What a campaign is told to do, and what its phases share. */
import type { Executor } from "./executor.ts";
import type { Profile, Results } from "./results.ts";

export interface CampaignOptions {
  readonly seed: number;
  /** Random sessions per area. */
  readonly runs: number;
  /** Milliseconds for the random sessions of all areas. */
  readonly time: number;
  readonly rules: string;
  readonly profile: Profile;
  readonly behaviour: "echo" | "silent";
  readonly shard?: { index: number; count: number } | undefined;
  readonly properties?: boolean | undefined;
  /** Sessions that share one connection. */
  readonly batch?: number | undefined;
  readonly onProgress?: ((done: number, total: number, sessions: number, what: string) => void) | undefined;
  /** Most sessions, and most milliseconds, for shrinking one finding. Default 600 and 60 000. */
  readonly shrinkTries?: number | undefined;
  readonly shrinkTime?: number | undefined;
  /** How often what happened is repeated before it is reported. Default 2. */
  readonly repeats?: number | undefined;
}

/** What every phase of a campaign works with. */
export interface Campaign {
  readonly executor: Executor;
  readonly options: CampaignOptions;
  readonly results: Results;
}

/** Of each area, in this shard. */
export function sessionsPerArea({ runs, shard }: CampaignOptions): number {
  return Math.ceil(runs / (shard?.count ?? 1));
}
