/** One session over TCP, in a test file of somebody else's server or client. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Transcript } from "../rfc/judge/transcript.ts";
import { sessionFromJson } from "../sessions/session-file.ts";
import type { Session } from "../sessions/session.ts";
import { ClientExecutor } from "./client-executor.ts";
import { serveDrivers } from "./drivers.ts";
import { HandshakeKeys, runOnServer, type ServerTarget } from "./run-on-server.ts";

const DRIVE = { timeout: 3000, grace: 60, behaviour: "echo" as const };

/** What a session showed. */
export interface Replayed {
  /** Empty: the target keeps the rules. */
  readonly deviations: readonly Deviation[];
  readonly transcript: Transcript;
}

/** Plays one session (as data, or as saved) on a server, and judges it. */
export async function replayOnServer(target: string | ServerTarget, session: Session | object): Promise<Replayed> {
  const run = await runOnServer(typeof target === "string" ? { url: target } : target, parsed(session), new HandshakeKeys(1).next(), DRIVE);
  if (run.judgement.inconclusive !== undefined) throw new Error(run.judgement.inconclusive);
  return { deviations: run.judgement.deviations, transcript: run.transcript };
}

/** Listens, lets `client` connect to the URL, plays one session with it, and judges it. */
export async function replayOnClient(session: Session | object, client: (url: string) => unknown): Promise<Replayed> {
  const executor = new ClientExecutor({ ...DRIVE, followUps: 0 });
  const outcome = executor.run(parsed(session), { slot: 1 });
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

/** As data, or as it was saved. Throws TypeError when it is something else. */
function parsed(session: Session | object): Session {
  if (!("steps" in session)) return sessionFromJson(session);
  const isData = session.steps.every((step) =>
    step.kind === "frame" ? step.payload instanceof Uint8Array : step.kind !== "bytes" || step.bytes instanceof Uint8Array,
  );
  return isData ? session : sessionFromJson(session);
}
