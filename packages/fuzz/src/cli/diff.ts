/** `ws-fuzz diff`: the same sessions on several servers. Where they differ, at least one of them may be wrong. */
import { writeFileSync } from "node:fs";

import { sampleSessions } from "../run/batches.ts";
import { selectRules } from "../rules/select.ts";
import { AREAS } from "../sessions/areas.ts";
import { describeReceived, describeSession } from "../sessions/describe.ts";
import type { Session } from "../sessions/session.ts";
import { ServerExecutor } from "../tcp/server-executor.ts";
import { serverTarget } from "./address.ts";
import { driveOptions, whole, type Flags } from "./flags.ts";
import { Usage } from "./usage.ts";

interface Exchange {
  id: string;
  section: string;
  session: Session;
}

export async function diff(positionals: string[], flags: Flags): Promise<number> {
  if (positionals.length < 2) throw new Usage("diff takes two servers or more");
  const options = { ...driveOptions(flags, 1000, 30), seed: whole(flags.seed, "seed", 1), concurrency: 4 };
  const executors = positionals.map((address) => new ServerExecutor(serverTarget(address, flags), options));
  for (const executor of executors) {
    const unreachable = await executor.probe();
    if (unreachable !== undefined) throw new Usage(`${executor.name}: ${unreachable}`);
  }
  const exchanges = exchangesOf(flags);
  const seen = new Set<string>();
  let disagreements = 0;
  const rows: { id: string; exchange: string[]; outcomes: string[] }[] = [];
  for (const { id, section, session } of exchanges) {
    const outcomes = await Promise.all(executors.map((executor) => outcomeOn(executor, session)));
    if (new Set(outcomes).size === 1) continue;
    disagreements++;
    // Of random sessions that differ in the same way, the first is shown.
    const signature = id.startsWith("random/") ? outcomes.map((outcome) => outcome.split(" | ")[0]).join(" / ") : id;
    if (seen.has(signature)) continue;
    seen.add(signature);
    const exchange = describeSession(session, "server");
    rows.push({ id, exchange, outcomes });
    console.log(`${id}  ${section}\n  ${exchange.slice(0, 8).join("\n  ") || "the plain handshake"}`);
    outcomes.forEach((outcome, index) => console.log(`    ${executors[index]!.name}  ${outcome.slice(0, 300)}`));
  }
  console.log(`${exchanges.length} sessions on ${executors.length} targets: they disagree on ${disagreements}`);
  if (flags.json !== undefined) {
    const report = { targets: positionals, sessions: exchanges.length, disagreements, rows };
    writeFileSync(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return 0;
}

function exchangesOf(flags: Flags): Exchange[] {
  const rules = selectRules("server", flags.rules ?? "*");
  const seed = whole(flags.seed, "seed", 1);
  const areas = flags["no-properties"] === true ? [] : AREAS.filter((area) => rules.some((rule) => rule.area === area));
  const random = areas.flatMap((area) =>
    sampleSessions(area, "server", seed, whole(flags.runs, "runs", 40)).map((session, index) => ({
      id: `random/${area}/${index}`,
      section: "",
      session,
    })),
  );
  return [...rules.filter((rule) => rule.alive !== true), ...random];
}

/** What a server made of a session, without what may differ freely: compression, the time of FIN and RST, and unasked Pings. */
async function outcomeOn(executor: ServerExecutor, session: Session): Promise<string> {
  const { transcript, judgement } = await executor.run(session);
  const verdict =
    judgement.inconclusive ?? (judgement.deviations.length === 0 ? "allowed" : judgement.deviations.map((each) => each.kind).join(", "));
  const frames = describeReceived(transcript.received, transcript.ended, transcript.responseBytes)
    .filter((line) => line !== "FIN" && line !== "RST")
    .map((line) => (line.includes("RSV 100") ? "a compressed message" : line));
  return `${verdict} | ${frames.join(" · ")}`;
}
