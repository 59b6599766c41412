/** Sessions over TCP, for test files: needs `node:net` and `node:tls`. */
import type { Deviation } from "./rfc/judge/deviation.ts";
import type { Transcript } from "./rfc/judge/transcript.ts";
export { sift } from "./rules/homes.ts";
export { selectRules } from "./rules/select.ts";
export { sampleSessions } from "./run/batches.ts";
export { campaign } from "./run/campaign.ts";
export type { Executor, Run } from "./run/executor.ts";
export type { CampaignOptions } from "./run/options.ts";
export { type CampaignReport, type Finding, type Result, type Verdict, verdictOf } from "./run/results.ts";
import { sessionFromJson } from "./sessions/session-file.ts";
import type { Session } from "./sessions/session.ts";
import { ClientExecutor } from "./tcp/client-executor.ts";
export { ClientExecutor } from "./tcp/client-executor.ts";
import { serveDrivers } from "./tcp/drivers.ts";
export { serveDrivers } from "./tcp/drivers.ts";
import { Keys, runOnServer, type ServerTarget } from "./tcp/run-on-server.ts";
export { Keys, runOnServer, type ServerTarget } from "./tcp/run-on-server.ts";
export { ServerExecutor, type Watch } from "./tcp/server-executor.ts";
import { readHead } from "./wire/head.ts";

const DRIVE = { timeout: 3000, grace: 60, behaviour: "echo" as const };

/** Plays one session (as data, or as saved) on a server, and judges it. */
export async function replayOnServer(
  target: string | ServerTarget,
  session: Session | object,
): Promise<{ deviations: Deviation[]; transcript: Transcript }> {
  const run = await runOnServer(
    typeof target === "string" ? { url: target } : target,
    "steps" in session && isParsed(session as Session) ? (session as Session) : sessionFromJson(session),
    new Keys(1).next(),
    DRIVE,
  );
  if (run.judgement.inconclusive !== undefined) throw new Error(run.judgement.inconclusive);
  return { deviations: run.judgement.deviations, transcript: run.transcript };
}

/** Listens, lets `client` connect to the URL, plays one session with it, and judges it. */
export async function replayOnClient(
  session: Session | object,
  client: (url: string) => unknown,
): Promise<{ deviations: Deviation[]; transcript: Transcript }> {
  const executor = new ClientExecutor({ ...DRIVE, followUps: 0 });
  const outcome = executor.run(isParsed(session as Session) ? (session as Session) : sessionFromJson(session), { slot: 1 });
  const server = await serveDrivers({
    port: 0,
    host: "127.0.0.1",
    executor: () => executor,
    caseInfo: () => ({ id: "replay", description: "" }),
    caseStatus: () => "OK",
    onUpdateReports: () => undefined,
    drive: DRIVE,
  });
  try {
    await client(`ws://127.0.0.1:${server.port}/runCase?case=1&agent=replay`);
    const run = await outcome;
    if (run === undefined) throw new Error("the client did not connect");
    return { deviations: run.judgement.deviations, transcript: run.transcript };
  } finally {
    await server.close();
  }
}

function isParsed(session: Session): boolean {
  return session.steps.every((step) =>
    step.kind === "frame" ? step.payload instanceof Uint8Array : step.kind !== "bytes" || step.bytes instanceof Uint8Array,
  );
}

export { readHead };
