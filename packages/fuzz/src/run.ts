/** Rules, campaigns and single sessions over TCP: needs `node:net` and `node:tls`. */
export { AUTOBAHN_CASES, type AutobahnCase, autobahnRules } from "./autobahn/cases.ts";
export { autobahnIndex } from "./autobahn/index-json.ts";
export { RULES } from "./rules/index.ts";
export type { Rule } from "./rules/rule.ts";
export { selectRules } from "./rules/select.ts";
export { sampleSessions } from "./run/batches.ts";
export { runCampaign } from "./run/campaign.ts";
export type { Executor, RunOptions, SessionRun } from "./run/executor.ts";
export type { CampaignOptions } from "./run/options.ts";
export { type CampaignReport, type Finding, type Profile, type RuleResult, type Verdict, verdictOf } from "./run/results.ts";
export { ClientExecutor, type ClientExecutorOptions } from "./tcp/client-executor.ts";
export { type DriverServerOptions, serveDrivers } from "./tcp/drivers.ts";
export type { DriveOptions } from "./tcp/play.ts";
export { type Replayed, replayOnClient, replayOnServer } from "./tcp/replay.ts";
export { HandshakeKeys, runOnServer, type ServerTarget } from "./tcp/run-on-server.ts";
export { ServerExecutor, type ServerExecutorOptions, type TargetWatch } from "./tcp/server-executor.ts";
