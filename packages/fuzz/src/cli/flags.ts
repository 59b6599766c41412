/** The options of the command line: their names and kinds, and what each value may be. */
import { parseArgs } from "node:util";

import type { CampaignOptions } from "../run/options.ts";
import type { DriveOptions } from "../tcp/play.ts";
import type { OutputOptions } from "./output.ts";
import { Usage } from "./usage.ts";

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

type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;

export type Flags = Parsed["values"];

export function parse(args: string[]): { flags: Flags; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { flags: values, positionals };
  } catch (error) {
    throw new Usage((error as Error).message);
  }
}

export function whole(value: string | undefined, name: string, fallback: number, least = 0): number {
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

export function oneOf<Value extends string>(value: string | undefined, name: string, values: readonly [Value, ...Value[]]): Value {
  if (value === undefined) return values[0];
  if (!values.includes(value as Value)) throw new Usage(`--${name} is one of ${values.join(", ")}`);
  return value as Value;
}

export function shardOf(value: string | undefined): CampaignOptions["shard"] {
  if (value === undefined) return undefined;
  const match = /^(\d+)\/(\d+)$/.exec(value);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count) throw new Usage("--shard takes i/n with 1 ≤ i ≤ n");
  return { index, count };
}

export function behaviourOf(flags: Flags): "echo" | "silent" {
  return oneOf(flags["target-behaviour"], "target-behaviour", ["echo", "silent"]);
}

/** `timeout`: what the command takes where the flag is not given. */
export function driveOptions(flags: Flags, timeout: number, grace: number): DriveOptions {
  return { timeout: whole(flags.timeout, "timeout", timeout, 1), grace, behaviour: behaviourOf(flags) };
}

export function campaignOptions(
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
    behaviour: behaviourOf(flags),
    shard: shardOf(flags.shard),
    properties: flags["no-properties"] !== true,
    // A target that is given longer to answer is slower to shrink: its silence is waited for each time.
    shrinkTime: Math.max(60_000, 60 * whole(flags.timeout, "timeout", 1000, 1)),
    onProgress,
  };
}

export function outputOptions(flags: Flags, agent?: string): OutputOptions {
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
