#!/usr/bin/env node
/** `ws-fuzz`: the command line. Exit status 0: no failures, 1: failures, 2: usage, or the target cannot be reached. */
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { AUTOBAHN_CASES, rulesFor } from "../autobahn/cases.ts";
import { exitStatus, type JsonReport, merge, toJson } from "../report/model.ts";
import { sift } from "../rules/homes.ts";
import { RULES } from "../rules/index.ts";
import { selectRules } from "../rules/select.ts";
import { sampleSessions } from "../run/batches.ts";
import { campaign } from "../run/campaign.ts";
import type { CampaignOptions } from "../run/options.ts";
import { type CampaignReport, verdictOf } from "../run/results.ts";
import { AREAS } from "../sessions/areas.ts";
import { describeReceived, describeSession, hexOf } from "../sessions/describe.ts";
import { sessionFromJson } from "../sessions/session-file.ts";
import type { Headers, Session } from "../sessions/session.ts";
import { ClientExecutor, serveDrivers } from "../tcp/client-executor.ts";
import type { ServerTarget } from "../tcp/run-on-server.ts";
import { ServerExecutor, type Watch } from "../tcp/server-executor.ts";
import { type OutputOptions, printReport, Progress, saveFindings, writeReports } from "./output.ts";
import { answering, Spawned } from "./spawn.ts";

const USAGE = `ws-fuzz server <url> [options]      test a server that echoes
ws-fuzz client [--port 9001]         test clients: serve their Autobahn driver
ws-fuzz replay <file> <url>          play a saved session again (client: --port N)
ws-fuzz diff <url> <url> …           the same sessions on several servers: where do they disagree?
ws-fuzz merge <report.json> …        one report from several
ws-fuzz rules                        the table of rules

What is run
  --rules <glob>        rules and properties, e.g. "framing/*", "close/*,property/close"
  --runs <n>            random sessions per area (server 500, client 100)
  --time <30s>          time for random sessions (default 30s)
  --seed <n>            default 1; the same seed gives the same sessions
  --profile strict|lenient   lenient: known tolerated leniencies pass
  --shard <i/n>         the i-th of n parts
  --no-properties       rules only
  --timeout <ms>        time a target has for an answer (default 1000; repetitions get more)
  --concurrency <n>     connections at a time (server; default 12)
  --target-behaviour echo|silent
Connection
  --header "Name: value" (repeatable)  --origin <origin>  --subprotocol <name>
  --ca <file>  --insecure  --allow-remote (the target is not on this machine, and you may test it)
Target as a child process
  --spawn "<command>"   start it, watch its memory, restart it when it crashes or hangs
                        (client: the driver; it is run again until everything is shrunk)
Clients
  --port <n>  --host <address>  --once (end after the first agent's report)  --follow-ups <n> (default 200)
Output
  --json <file>  --junit <file>  --markdown <file>  --html <file>  --autobahn-report <dir>
  --out <dir>           session files of what was found (default ws-fuzz-findings)
  --pcap  --tests       with a capture and a test case for each   --quiet
An Autobahn configuration (fuzzingclient.json, fuzzingserver.json) may stand for the URL, or follow --config.
`;

const OPTIONS = {
  rules: { type: "string" },
  runs: { type: "string" },
  time: { type: "string" },
  seed: { type: "string" },
  profile: { type: "string" },
  shard: { type: "string" },
  "no-properties": { type: "boolean" },
  timeout: { type: "string" },
  concurrency: { type: "string" },
  "target-behaviour": { type: "string" },
  header: { type: "string", multiple: true },
  origin: { type: "string" },
  subprotocol: { type: "string" },
  ca: { type: "string" },
  insecure: { type: "boolean" },
  "allow-remote": { type: "boolean" },
  spawn: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  once: { type: "boolean" },
  "follow-ups": { type: "string" },
  config: { type: "string" },
  json: { type: "string" },
  junit: { type: "string" },
  markdown: { type: "string" },
  html: { type: "string" },
  "autobahn-report": { type: "string" },
  out: { type: "string" },
  pcap: { type: "boolean" },
  tests: { type: "boolean" },
  quiet: { type: "boolean" },
  help: { type: "boolean" },
  agent: { type: "string" },
} as const;

class Usage extends Error {}

type Flags = ReturnType<typeof parse>["flags"];

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { flags: values, positionals };
  } catch (error) {
    throw new Usage((error as Error).message);
  }
}

function whole(value: string | undefined, name: string, fallback: number, least = 0): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least)
    throw new Usage(`--${name} takes a whole number of at least ${least}, not ${JSON.stringify(value)}`);
  return number;
}

function duration(value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value);
  if (match === null) throw new Usage(`--time takes 500ms, 30s, 5m or 1h, not ${JSON.stringify(value)}`);
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[(match[2] ?? "s") as "s"];
}

function oneOf<Value extends string>(value: string | undefined, name: string, values: readonly [Value, ...Value[]]): Value {
  if (value === undefined) return values[0];
  if (!values.includes(value as Value)) throw new Usage(`--${name} is one of ${values.join(", ")}`);
  return value as Value;
}

function shardOf(value: string | undefined): CampaignOptions["shard"] {
  if (value === undefined) return undefined;
  const match = /^(\d+)\/(\d+)$/.exec(value);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count) throw new Usage("--shard takes i/n with 1 ≤ i ≤ n");
  return { index, count };
}

function campaignOptions(
  flags: Flags,
  role: "server" | "client",
  onProgress: CampaignOptions["onProgress"],
  rules: string,
): CampaignOptions {
  return {
    seed: whole(flags.seed, "seed", 1),
    runs: whole(flags.runs, "runs", role === "server" ? 500 : 100),
    time: duration(flags.time, 30_000),
    rules,
    profile: oneOf(flags.profile, "profile", ["strict", "lenient"]),
    behaviour: oneOf(flags["target-behaviour"], "target-behaviour", ["echo", "silent"]),
    shard: shardOf(flags.shard),
    properties: flags["no-properties"] !== true,
    onProgress,
  };
}

function outputOptions(flags: Flags, agent?: string): OutputOptions {
  return {
    json: flags.json,
    junit: flags.junit,
    markdown: flags.markdown,
    html: flags.html,
    autobahn: flags["autobahn-report"],
    out: flags.out ?? "ws-fuzz-findings",
    pcap: flags.pcap,
    tests: flags.tests,
    agent: flags.agent ?? agent,
    quiet: flags.quiet,
  };
}

export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname) ||
    hostname === "[::1]" ||
    hostname === "::1"
  );
}

function serverTarget(address: string, flags: Flags): ServerTarget {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new Usage(`not a URL: ${address}`);
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new Usage(`the URL begins with ws:// or wss://: ${address}`);
  if (!isLoopback(url.hostname) && flags["allow-remote"] !== true)
    throw new Usage(`${url.hostname} is not this machine. If you may test it, say so with --allow-remote.`);
  const headers: [string, string][] = (flags.header ?? []).map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw new Usage(`--header takes "Name: value", not ${JSON.stringify(line)}`);
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  if (flags.origin !== undefined) headers.push(["Origin", flags.origin]);
  return {
    url: url.href,
    headers: headers satisfies Headers,
    subprotocol: flags.subprotocol,
    ca: flags.ca === undefined ? undefined : readFileSync(flags.ca, "utf8"),
    insecure: flags.insecure,
  };
}

interface AutobahnConfig {
  url?: string;
  servers?: { agent?: string; url: string }[];
  outdir?: string;
  cases?: string[];
  "exclude-cases"?: string[];
}

function readConfig(path: string): AutobahnConfig {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as AutobahnConfig;
  } catch (error) {
    throw new Usage(`${path}: ${(error as Error).message}`);
  }
}

/** The glob of rules that an Autobahn configuration and `--rules` leave. */
function rulesGlob(flags: Flags, config: AutobahnConfig | undefined): string {
  const glob = flags.rules ?? "*";
  if (config?.cases === undefined && config?.["exclude-cases"] === undefined) return glob;
  const { only, excluded } = rulesFor(config.cases ?? ["*"], config["exclude-cases"] ?? []);
  const chosen = [...selectRules("server", glob), ...selectRules("client", glob)].map((rule) => rule.id);
  const kept = [...new Set(chosen)].filter((id) => (only === undefined || only.has(id)) && !excluded.has(id));
  return [...kept, ...(only === undefined && excluded.size === 0 ? AREAS.map((area) => `property/${area}`) : [])].join(",");
}

const COMMAND = "ws-fuzz";

async function runServer(address: string, flags: Flags, rules: string): Promise<JsonReport> {
  const target = serverTarget(address, flags);
  let watch: Watch | undefined;
  let spawned: Spawned | undefined;
  if (flags.spawn !== undefined) {
    const child = new Spawned(flags.spawn);
    spawned = child;
    const ready = (): Promise<boolean> => answering(target.url, 15_000, () => child.exited());
    child.start();
    if (!(await ready())) {
      await child.stop();
      throw new Usage(`the spawned target does not listen at ${target.url}${child.exited() === undefined ? "" : ` (${child.exited()})`}`);
    }
    watch = { exited: () => child.exited(), restart: () => child.restart(ready), memory: () => child.memory() };
  }
  try {
    const progress = new Progress(flags.quiet === true);
    const options = campaignOptions(flags, "server", progress.update, rules);
    const executor = new ServerExecutor(target, {
      seed: options.seed,
      concurrency: whole(flags.concurrency, "concurrency", 12, 1),
      timeout: whole(flags.timeout, "timeout", 1000, 1),
      grace: 30,
      behaviour: options.behaviour,
      watch,
    });
    const unreachable = await executor.probe();
    if (unreachable !== undefined) throw new Usage(`${target.url}: ${unreachable}`);
    const report = toJson(await campaign(executor, options));
    progress.end();
    if (watch === undefined && (await executor.alive())?.kind === "target-died") {
      report.notes.push("the target stopped answering during the run; with --spawn the session that did it is found");
    }
    if (flags.shard !== undefined) report.shard = flags.shard;
    if (spawned !== undefined && spawned.restarts > 0) report.notes.push(`the target was restarted ${spawned.restarts} times`);
    return report;
  } finally {
    await spawned?.stop();
  }
}

async function server(positionals: string[], flags: Flags): Promise<number> {
  const [address] = positionals;
  const file = flags.config ?? (address?.endsWith(".json") === true ? address : undefined);
  const config = file === undefined ? undefined : readConfig(file);
  const servers =
    config === undefined
      ? [{ url: address, agent: undefined as string | undefined }]
      : (config.servers ?? (config.url === undefined ? [] : [{ url: config.url }]));
  if (servers.length === 0 || servers.some((each) => each.url === undefined))
    throw new Usage("which server? ws-fuzz server ws://127.0.0.1:8080");
  const reports: JsonReport[] = [];
  for (const each of servers) {
    const report = await runServer(each.url!, flags, rulesGlob(flags, config));
    if (each.agent !== undefined && servers.length > 1) report.target = each.agent;
    reports.push(report);
  }
  const output = outputOptions(flags, servers[0]?.agent);
  output.autobahn ??= config?.outdir;
  for (const report of reports) {
    saveFindings(report, output, COMMAND);
    printReport(report, output);
  }
  writeReports(reports, output);
  const gone = reports.some((report) => report.notes.some((note) => note.startsWith("the target stopped answering")));
  return Math.max(...reports.map(exitStatus)) === 1 ? 1 : gone ? 2 : 0;
}

async function client(positionals: string[], flags: Flags): Promise<number> {
  const file = flags.config ?? positionals.find((each) => each.endsWith(".json"));
  const config = file === undefined ? undefined : readConfig(file);
  const rules = rulesGlob(flags, config);
  const port = whole(flags.port, "port", config?.url === undefined ? 9001 : Number(new URL(config.url).port || 9001));
  if (flags.host !== undefined && !isLoopback(flags.host) && flags["allow-remote"] !== true)
    throw new Usage(`${flags.host} can be reached from elsewhere: say --allow-remote if that is meant`);
  const output = outputOptions(flags);
  output.autobahn ??= config?.outdir;
  const drive = {
    timeout: whole(flags.timeout, "timeout", 1000, 1),
    grace: 30,
    behaviour: oneOf(flags["target-behaviour"], "target-behaviour", ["echo", "silent"]),
  };
  const chosen = selectRules("client", rules, shardOf(flags.shard));
  const reports: JsonReport[] = [];
  const spawned = flags.spawn === undefined ? undefined : new Spawned(flags.spawn);

  interface Round {
    executor: ClientExecutor;
    report: Promise<CampaignReport>;
    agent: string;
  }
  const begin = (): Round => {
    const progress = new Progress(flags.quiet === true);
    const executor = new ClientExecutor({
      ...drive,
      followUps: whole(flags["follow-ups"], "follow-ups", 200),
      exited: spawned === undefined ? undefined : () => spawned.crashed(),
    });
    const report = campaign(executor, campaignOptions(flags, "client", progress.update, rules)).finally(() => progress.end());
    return { executor, report, agent: "client" };
  };
  let round = begin();
  const finish = async (): Promise<JsonReport> => {
    const { executor, report } = round;
    executor.stop();
    const whole = await report;
    const json = toJson({ ...whole, target: round.agent });
    if (executor.unused > 0) json.notes.push(`${executor.unused} cases of the reserve were not needed`);
    saveFindings(json, output, COMMAND);
    printReport(json, output);
    const known = reports.findIndex((other) => other.target === json.target);
    if (known >= 0) reports.splice(known, 1);
    reports.push(json);
    writeReports(reports, output);
    return json;
  };
  let firstOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    firstOver = resolve;
  });
  let updated = false;
  const driver = await serveDrivers({
    port,
    host: flags.host,
    drive,
    executor: () => {
      if (updated && spawned === undefined) {
        updated = false;
        round = begin();
      }
      return round.executor;
    },
    caseInfo: (number) => {
      const rule = chosen[number - 1];
      return rule !== undefined
        ? { id: rule.id, description: `${rule.section}: ${rule.title}` }
        : number <= round.executor.fixedCases
          ? { id: `random-${number}`, description: "Random sessions" }
          : { id: `follow-up-${number}`, description: "A confirmation, a shrinking step, or nothing" };
    },
    caseStatus: (number) => {
      const run = round.executor.runs.get(number);
      const rule = chosen[number - 1];
      if (run === undefined) return "UNIMPLEMENTED";
      if (rule === undefined) return run.judgement.deviations.length === 0 ? "OK" : "INFORMATIONAL";
      const verdict = verdictOf(sift(rule, run.judgement.deviations, "client").own, "strict", rule.level);
      return verdict === "fail" ? "FAILED" : verdict === "warn" ? "NON-STRICT" : "OK";
    },
    onAgent: (agent) => {
      round.agent = agent;
    },
    onUpdateReports: (agent) => {
      round.agent = agent === "client" ? round.agent : agent;
      if (spawned !== undefined || updated) return;
      updated = true;
      void finish().then(firstOver);
    },
  });
  console.error(
    `listening on ws://127.0.0.1:${driver.port} for drivers (${round.executor.caseCount} cases, ${whole(flags["follow-ups"], "follow-ups", 200)} of them in reserve)`,
  );
  if (spawned !== undefined) {
    // The driver is run again and again until nothing is left to try.
    for (let rounds = 0; rounds < 50 && !round.executor.finished; rounds++) {
      spawned.start();
      while (spawned.exited() === undefined && !(round.executor.finished && round.executor.idle > 3000) && round.executor.idle < 30_000)
        await new Promise((resolve) => setTimeout(resolve, 50));
      const crashed = spawned.crashed();
      if (crashed !== undefined) console.error(`the driver ended with ${crashed}`);
      await spawned.stop();
      if (rounds === 0 && round.executor.runs.size === 0) {
        await driver.close();
        throw new Usage(`the spawned driver ran no case at ws://127.0.0.1:${driver.port}`);
      }
      round.executor.abandonFixed();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const report = await finish();
    await driver.close();
    return exitStatus(report);
  }
  if (flags.once === true) {
    const idle = setInterval(() => {
      // A driver that has begun and then says nothing for a minute has gone.
      if (round.executor.runs.size > 0 && round.executor.idle > 60_000 && !updated) {
        updated = true;
        console.error("the driver has gone without asking for its report");
        void finish().then(firstOver);
      }
    }, 1000);
    await over;
    clearInterval(idle);
    // The driver's last closing handshake.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await driver.close();
    return Math.max(...reports.map(exitStatus));
  }
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
  await driver.close();
  return reports.length === 0 ? 2 : Math.max(...reports.map(exitStatus));
}

async function replay(positionals: string[], flags: Flags): Promise<number> {
  const [file, address] = positionals;
  if (file === undefined) throw new Usage("which session? ws-fuzz replay <file> <url>");
  let saved: { role?: string; session?: unknown; kind?: string; rule?: string };
  let session: Session;
  try {
    saved = JSON.parse(readFileSync(file, "utf8")) as typeof saved;
    session = sessionFromJson(saved.session ?? saved);
  } catch (error) {
    throw new Usage(`${file}: ${(error as Error).message}`);
  }
  const role = saved.role === "client" ? "client" : "server";
  const drive = {
    timeout: whole(flags.timeout, "timeout", 3000, 1),
    grace: 60,
    behaviour: oneOf(flags["target-behaviour"], "target-behaviour", ["echo", "silent"]),
  };
  let run;
  if (role === "server") {
    if (address === undefined) throw new Usage("which server? ws-fuzz replay <file> <url>");
    run = await new ServerExecutor(serverTarget(address, flags), { ...drive, seed: whole(flags.seed, "seed", 1), concurrency: 1 }).run(
      session,
    );
  } else {
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
    run = await outcome;
    await driver.close();
  }
  if (run?.judgement.inconclusive !== undefined && run.transcript.error !== undefined) throw new Usage(run.judgement.inconclusive);
  const deviations = run?.judgement.deviations ?? [];
  console.log(
    [
      `exchange  ${describeSession(session, role).join("\n          ")}`,
      `hex       ${hexOf(session, role).slice(0, 10).join("\n          ")}`,
      `received  ${describeReceived(run!.transcript.received, run!.transcript.ended, run!.transcript.responseBytes).join("\n          ")}`,
    ].join("\n"),
  );
  if (deviations.length === 0) console.log("verdict   allowed");
  for (const each of deviations)
    console.log(`${each.level === "MUST" ? "FAIL" : "WARN"}      ${each.section}: ${each.happened}\n          allowed: ${each.allowed}`);
  return deviations.some((each) => each.level === "MUST") ? 1 : 0;
}

async function diff(positionals: string[], flags: Flags): Promise<number> {
  if (positionals.length < 2) throw new Usage("diff takes two servers or more");
  const seed = whole(flags.seed, "seed", 1);
  const behaviour = oneOf(flags["target-behaviour"], "target-behaviour", ["echo", "silent"]);
  const executors = positionals.map(
    (address) =>
      new ServerExecutor(serverTarget(address, flags), {
        seed,
        concurrency: 4,
        timeout: whole(flags.timeout, "timeout", 1000, 1),
        grace: 30,
        behaviour,
      }),
  );
  for (const executor of executors) {
    const unreachable = await executor.probe();
    if (unreachable !== undefined) throw new Usage(`${executor.name}: ${unreachable}`);
  }
  const glob = flags.rules ?? "*";
  const random =
    flags["no-properties"] === true
      ? []
      : AREAS.filter((area) => selectRules("server", glob).some((rule) => rule.area === area)).flatMap((area) =>
          sampleSessions(area, "server", seed, whole(flags.runs, "runs", 40)).map((session, index) => ({
            id: `random/${area}/${index}`,
            section: "",
            session,
          })),
        );
  const sessions = [
    ...selectRules("server", glob)
      .filter((rule) => rule.alive !== true)
      .map((rule) => ({ id: rule.id, section: rule.section, session: rule.session })),
    ...random,
  ];
  const seen = new Map<string, number>();
  let disagreements = 0;
  const rows: { id: string; exchange: string[]; outcomes: string[] }[] = [];
  for (const { id, section, session } of sessions) {
    const outcomes = await Promise.all(
      executors.map(async (executor) => {
        const { transcript, judgement } = await executor.run(session);
        const verdict =
          judgement.inconclusive ??
          (judgement.deviations.length === 0 ? "allowed" : judgement.deviations.map((each) => each.kind).join(", "));
        // Compression, the time of FIN and RST, and unasked Pings may differ freely.
        const frames = describeReceived(transcript.received, transcript.ended, transcript.responseBytes)
          .filter((line) => line !== "FIN" && line !== "RST")
          .map((line) => (line.includes("RSV 100") ? "a compressed message" : line));
        return `${verdict} | ${frames.join(" · ")}`;
      }),
    );
    if (new Set(outcomes).size === 1) continue;
    disagreements++;
    const signature = id.startsWith("random/") ? outcomes.map((outcome) => outcome.split(" | ")[0]).join(" / ") : id;
    const times = (seen.get(signature) ?? 0) + 1;
    seen.set(signature, times);
    if (times > 1) continue;
    rows.push({ id, exchange: describeSession(session, "server"), outcomes });
    console.log(`${id}  ${section}\n  ${describeSession(session, "server").slice(0, 8).join("\n  ") || "the plain handshake"}`);
    outcomes.forEach((outcome, index) => console.log(`    ${executors[index]!.name}  ${outcome.slice(0, 300)}`));
  }
  console.log(`${sessions.length} sessions on ${executors.length} targets: they disagree on ${disagreements}`);
  if (flags.json !== undefined) {
    const { writeFileSync } = await import("node:fs");
    writeFileSync(
      flags.json,
      `${JSON.stringify({ targets: positionals, sessions: sessions.length, disagreements, rows }, undefined, 2)}\n`,
    );
  }
  return 0;
}

function mergeReports(positionals: string[], flags: Flags): number {
  if (positionals.length === 0) throw new Usage("which reports? ws-fuzz merge a.json b.json --json all.json");
  const all: JsonReport[] = positionals.flatMap((file) => {
    try {
      const report = JSON.parse(readFileSync(file, "utf8")) as JsonReport | { targets: JsonReport[] };
      return "targets" in report ? report.targets : [report];
    } catch (error) {
      throw new Usage(`${file}: ${(error as Error).message}`);
    }
  });
  const names = [...new Set(all.map((report) => `${report.role} ${report.target}`))];
  const reports = names.map((name) => merge(all.filter((report) => `${report.role} ${report.target}` === name)));
  const output = { ...outputOptions(flags), out: undefined };
  for (const report of reports) printReport(report, output);
  writeReports(reports, output);
  return Math.max(...reports.map(exitStatus));
}

/** Runs the program. Resolves with its exit status. */
export async function main(args: string[]): Promise<number> {
  try {
    const { flags, positionals } = parse(args);
    const [command, ...rest] = positionals;
    if (flags.help === true || command === "help") {
      console.log(USAGE);
      return 0;
    }
    switch (command) {
      case "server":
        return await server(rest, flags);
      case "client":
        return await client(rest, flags);
      case "replay":
        return await replay(rest, flags);
      case "diff":
        return await diff(rest, flags);
      case "merge":
        return mergeReports(rest, flags);
      case "rules":
        for (const rule of RULES)
          console.log(
            `${rule.id}\t${rule.section}\t${rule.level}\t${rule.targets.join(",")}\t${rule.title}\t${AUTOBAHN_CASES.filter((each) => each.rules.includes(rule.id)).length} Autobahn cases`,
          );
        return 0;
      case undefined:
        throw new Usage("what shall be done?");
      default:
        throw new Usage(`unknown command ${command}`);
    }
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    console.error(`ws-fuzz: ${error.message}\n\nSee ws-fuzz help`);
    return 2;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));
