/** Campaigns and single sessions over TCP: needs `node:net` and `node:tls`. */
export { sift } from "./rules/homes.ts";
export { selectRules } from "./rules/select.ts";
export { sampleSessions } from "./run/batches.ts";
export { campaign } from "./run/campaign.ts";
export type { Executor, Run, RunOptions } from "./run/executor.ts";
export type { CampaignOptions } from "./run/options.ts";
export { verdictOf, type CampaignReport, type Finding, type Profile, type Result, type Verdict } from "./run/results.ts";
export { ClientExecutor } from "./tcp/client-executor.ts";
export { serveDrivers } from "./tcp/drivers.ts";
export { replayOnClient, replayOnServer } from "./tcp/replay.ts";
export { Keys, runOnServer, type ServerTarget } from "./tcp/run-on-server.ts";
export { ServerExecutor, type Watch } from "./tcp/server-executor.ts";
export { readHead } from "./wire/head.ts";
