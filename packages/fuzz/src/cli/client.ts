/** `ws-fuzz client`: serves the drivers of clients under test, one campaign for each report that is asked for. */
import { readConfiguration, rulesOf } from "../autobahn/configuration.ts";
import { exitStatus, type JsonReport } from "../report/model.ts";
import { selectRules } from "../rules/select.ts";
import { serveDrivers, type DriverServerOptions } from "../tcp/drivers.ts";
import { isLoopback } from "./address.ts";
import { readFile } from "./files.ts";
import { driveOptions, outputOptions, shardOf, whole, type Flags } from "./flags.ts";
import { Rounds } from "./rounds.ts";
import { Spawned } from "./spawn.ts";
import { Usage } from "./usage.ts";

type Drivers = Awaited<ReturnType<typeof serveDrivers>>;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function client(positionals: string[], flags: Flags): Promise<number> {
  const file = flags.config ?? positionals.find((each) => each.endsWith(".json"));
  const config = file === undefined ? undefined : readFile(file, readConfiguration);
  const rules = rulesOf(flags.rules ?? "*", config);
  const port = whole(flags.port, "port", config?.url === undefined ? 9001 : Number(new URL(config.url).port || 9001));
  if (flags.host !== undefined && !isLoopback(flags.host) && flags["allow-remote"] !== true)
    throw new Usage(`${flags.host} can be reached from elsewhere: say --allow-remote if that is meant`);
  const output = outputOptions(flags);
  output.autobahn ??= config?.outdir;
  const followUps = whole(flags["follow-ups"], "follow-ups", 200);
  const drive = driveOptions(flags, 1000, 30);
  const spawned = flags.spawn === undefined ? undefined : new Spawned(flags.spawn);
  const rounds = new Rounds({ flags, rules, output, executor: { ...drive, followUps, exited: spawned && (() => spawned.crashed()) } });

  const drivers = await serveDrivers({ port, host: flags.host, drive, ...answersOf(rounds, rules, flags) });
  const { caseCount } = rounds.current.executor;
  console.error(`listening on ws://127.0.0.1:${drivers.port} for drivers (${caseCount} cases, ${followUps} of them in reserve)`);
  try {
    if (spawned !== undefined) return exitStatus(await driveSpawned(rounds, spawned, drivers));
    await (flags.once === true ? onceReported(rounds) : interrupted());
  } finally {
    await drivers.close();
  }
  return rounds.reports.length === 0 ? 2 : Math.max(...rounds.reports.map(exitStatus));
}

/** What drivers are told. */
function answersOf(rounds: Rounds, glob: string, flags: Flags): Omit<DriverServerOptions, "port" | "host" | "drive"> {
  const rules = selectRules("client", glob, shardOf(flags.shard));
  return {
    // A spawned driver is run several times for one report.
    executor: () => (flags.spawn === undefined ? rounds.forDriver() : rounds.current.executor),
    caseInfo: (number) => {
      const rule = rules[number - 1];
      if (rule !== undefined) return { id: rule.id, description: `${rule.section}: ${rule.title}` };
      return number <= rounds.current.executor.fixedCases
        ? { id: `random-${number}`, description: "Random sessions" }
        : { id: `follow-up-${number}`, description: "A confirmation, a shrinking step, or nothing" };
    },
    caseStatus: (number) => rounds.statusOf(number, rules[number - 1]),
    onAgent: (agent) => {
      rounds.current.agent = agent;
    },
    onUpdateReports: (agent) => {
      if (agent !== "client") rounds.current.agent = agent;
      if (flags.spawn === undefined) rounds.end();
    },
  };
}

/** Runs the driver again and again until nothing is left to try. */
async function driveSpawned(rounds: Rounds, driver: Spawned, drivers: Drivers): Promise<JsonReport> {
  const { executor } = rounds.current;
  for (let time = 0; time < 50 && !executor.finished; time++) {
    driver.start();
    while (driver.exited() === undefined && !(executor.finished && executor.idle > 3000) && executor.idle < 30_000) await sleep(50);
    const crashed = driver.crashed();
    if (crashed !== undefined) console.error(`the driver ended with ${crashed}`);
    await driver.stop();
    if (time === 0 && executor.runs.size === 0) throw new Usage(`the spawned driver ran no case at ws://127.0.0.1:${drivers.port}`);
    executor.abandonFixed();
    await sleep(20);
  }
  return rounds.finish();
}

/** A driver that has begun and then says nothing for so long has gone. */
const GONE = 60_000;

/** The first agent has its report. */
async function onceReported(rounds: Rounds): Promise<void> {
  const watch = setInterval(() => {
    const { executor } = rounds.current;
    if (executor.runs.size === 0 || executor.idle <= GONE || rounds.over) return;
    console.error("the driver has gone without asking for its report");
    rounds.end();
  }, 1000);
  await rounds.firstReport;
  clearInterval(watch);
  // The driver's last closing handshake.
  await sleep(100);
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}
