/** `ws-fuzz replay`: plays a saved session again and says what is wrong with the answer. */
import { describeReceived, describeSession, sessionHex } from "../sessions/describe.ts";
import { sessionFromJson } from "../sessions/session-file.ts";
import type { Session } from "../sessions/session.ts";
import type { SessionRun } from "../run/executor.ts";
import { ClientExecutor } from "../tcp/client-executor.ts";
import { serveDrivers } from "../tcp/drivers.ts";
import { ServerExecutor } from "../tcp/server-executor.ts";
import { serverTarget } from "./address.ts";
import { readFile } from "./files.ts";
import { driveOptions, whole, type Flags } from "./flags.ts";
import { Usage } from "./usage.ts";

interface Saved {
  role: "server" | "client";
  session: Session;
}

function readSaved(json: unknown): Saved {
  const saved = json as { role?: string; session?: unknown };
  return { role: saved.role === "client" ? "client" : "server", session: sessionFromJson(saved.session ?? saved) };
}

export async function replay(positionals: string[], flags: Flags): Promise<number> {
  const [file, address] = positionals;
  if (file === undefined) throw new Usage("which session? ws-fuzz replay <file> <url>");
  const { role, session } = readFile(file, readSaved);
  const run = role === "server" ? await replayOnServer(session, address, flags) : await replayOnClient(session, file, flags);
  if (run?.judgement.inconclusive !== undefined && run.transcript.error !== undefined) throw new Usage(run.judgement.inconclusive);
  const deviations = run?.judgement.deviations ?? [];
  console.log(
    [
      `exchange  ${describeSession(session, role).join("\n          ")}`,
      `hex       ${sessionHex(session, role).slice(0, 10).join("\n          ")}`,
      `received  ${describeReceived(run!.transcript.received, run!.transcript.ended, run!.transcript.responseBytes).join("\n          ")}`,
    ].join("\n"),
  );
  if (deviations.length === 0) console.log("verdict   allowed");
  for (const each of deviations)
    console.log(`${each.level === "MUST" ? "FAIL" : "WARN"}      ${each.section}: ${each.happened}\n          allowed: ${each.allowed}`);
  return deviations.some((each) => each.level === "MUST") ? 1 : 0;
}

function replayOnServer(session: Session, address: string | undefined, flags: Flags): Promise<SessionRun> {
  if (address === undefined) throw new Usage("which server? ws-fuzz replay <file> <url>");
  const options = { ...driveOptions(flags, 3000, 60), seed: whole(flags.seed, "seed", 1), concurrency: 1 };
  return new ServerExecutor(serverTarget(address, flags), options).run(session);
}

async function replayOnClient(session: Session, file: string, flags: Flags): Promise<SessionRun | undefined> {
  const drive = driveOptions(flags, 3000, 60);
  const executor = new ClientExecutor({ ...drive, followUps: 0 });
  const outcome = executor.run(session, { slot: 1 });
  const driver = await serveDrivers({
    port: whole(flags.port, "port", 9001),
    host: flags.host,
    executor: () => executor,
    caseInfo: () => ({ id: "replay", description: file }),
    caseStatus: () => "OK",
    onUpdateReports: () => undefined,
    drive,
  });
  console.error(`waiting for a client at ws://127.0.0.1:${driver.port}/runCase?case=1&agent=x`);
  const run = await outcome;
  await driver.close();
  return run;
}
