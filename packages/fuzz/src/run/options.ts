/** What a campaign is told to do, and what its phases share. */
import type { Executor } from "./executor.ts";
import type { Profile, Results } from "./results.ts";

export interface CampaignOptions {
  seed: number;
  /** Random sessions per area. */
  runs: number;
  /** Milliseconds for the random sessions of all areas. */
  time: number;
  rules: string;
  profile: Profile;
  behaviour: "echo" | "silent";
  shard?: { index: number; count: number } | undefined;
  properties?: boolean;
  /** Sessions that share one connection. */
  batch?: number;
  onProgress?: ((done: number, total: number, sessions: number, what: string) => void) | undefined;
  /** Most sessions, and most milliseconds, for shrinking one finding. Default 600 and 60 000. */
  shrinkTries?: number;
  shrinkTime?: number;
  /** How often what happened is repeated before it is reported. Default 2. */
  repeats?: number;
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
