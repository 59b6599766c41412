/** `ws-fuzz server`: one campaign against each server. */
import { readConfiguration, rulesOf } from "../autobahn/configuration.ts";
import { exitStatus, toJson, type JsonReport } from "../report/model.ts";
import { runCampaign } from "../run/campaign.ts";
import { ServerExecutor } from "../tcp/server-executor.ts";
import { serverTarget } from "./address.ts";
import { readFile } from "./files.ts";
import { campaignOptions, driveOptions, outputOptions, whole, type Flags } from "./flags.ts";
import { printReport, saveFindings, writeReports } from "./output.ts";
import { Progress } from "./progress.ts";
import { SpawnedTarget } from "./spawned-target.ts";
import { Usage } from "./usage.ts";

async function runServer(address: string, flags: Flags, rules: string): Promise<JsonReport> {
  const target = serverTarget(address, flags);
  const spawned = flags.spawn === undefined ? undefined : await SpawnedTarget.start(flags.spawn, target.url);
  try {
    const progress = new Progress(flags.quiet === true);
    const options = campaignOptions(flags, "server", progress.update, rules);
    const concurrency = whole(flags.concurrency, "concurrency", 12, 1);
    const executor = new ServerExecutor(target, { ...driveOptions(flags, 1000, 30), seed: options.seed, concurrency, watch: spawned });
    const unreachable = await executor.probe();
    if (unreachable !== undefined) throw new Usage(`${target.url}: ${unreachable}`);
    const report = toJson(await runCampaign(executor, options));
    progress.end();
    if (spawned === undefined && (await executor.alive())?.kind === "target-died") {
      report.notes.push("the target stopped answering during the run; with --spawn the session that did it is found");
    }
    if (flags.shard !== undefined) report.shard = flags.shard;
    if (spawned !== undefined && spawned.restarts > 0) report.notes.push(`the target was restarted ${spawned.restarts} times`);
    return report;
  } finally {
    await spawned?.stop();
  }
}

export async function server(positionals: string[], flags: Flags): Promise<number> {
  const [address] = positionals;
  const file = flags.config ?? (address?.endsWith(".json") === true ? address : undefined);
  const config = file === undefined ? undefined : readFile(file, readConfiguration);
  const servers =
    config === undefined
      ? [{ url: address, agent: undefined as string | undefined }]
      : (config.servers ?? (config.url === undefined ? [] : [{ url: config.url }]));
  if (servers.length === 0 || servers.some((each) => each.url === undefined))
    throw new Usage("which server? ws-fuzz server ws://127.0.0.1:8080");
  const reports: JsonReport[] = [];
  for (const each of servers) {
    const report = await runServer(each.url!, flags, rulesOf(flags.rules ?? "*", config));
    if (each.agent !== undefined && servers.length > 1) report.target = each.agent;
    reports.push(report);
  }
  const output = outputOptions(flags, servers[0]?.agent);
  output.autobahn ??= config?.outdir;
  for (const report of reports) {
    saveFindings(report, output);
    printReport(report, output);
  }
  writeReports(reports, output);
  const gone = reports.some((report) => report.notes.some((note) => note.startsWith("the target stopped answering")));
  return Math.max(...reports.map(exitStatus)) === 1 ? 1 : gone ? 2 : 0;
}
