/** What the random driver has found, in docs/chaos.json; and the page's section that is written from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { RuntimeName } from "../parent.ts";
import { PLANTED } from "./planted.ts";
import type { ConnectionScript, PlaceScript, Script, Step, Tuning } from "./script.ts";

/** A run that was to find nothing. */
export interface RunRecord {
  readonly date: string;
  readonly version: string;
  readonly minutes: number;
  readonly firstSeed: number;
  readonly scripts: number;
  readonly connections: number;
  readonly messages: number;
  readonly found: readonly string[];
}

/** A planted fault, found or not. */
export interface HuntRecord {
  readonly runtime: string;
  readonly date: string;
  readonly seconds: number;
  readonly scripts: number;
  /** Kinds of the faults that were seen; none: not found. */
  readonly as: readonly string[];
  /** Of the script that is left. */
  readonly steps: number;
  /** It, to be read. */
  readonly script: readonly string[];
}

interface Recorded {
  runs: Partial<Record<RuntimeName, RunRecord>>;
  /** By what is wrong. */
  planted: Record<string, HuntRecord>;
}

const json = fileURLToPath(new URL("../../../../docs/chaos.json", import.meta.url));
const page = fileURLToPath(new URL("../../../../docs/chaos.md", import.meta.url));
const MARK = "<!-- From here on written by `npm run test:chaos -- --save`. -->\n";

/** Changes what is recorded, and writes the page anew. */
export function record(change: (recorded: Recorded) => void): void {
  const recorded = JSON.parse(readFileSync(json, "utf8")) as Recorded;
  change(recorded);
  writeFileSync(json, `${JSON.stringify(recorded, null, 1)}\n`);
  writeFileSync(page, pageOf(readFileSync(page, "utf8"), recorded));
}

function pageOf(before: string, recorded: Recorded): string {
  const [written] = before.split(MARK);
  return [`${written!}${MARK}`, ...runsSection(recorded), ...plantedSection(recorded)].join("\n");
}

function runsSection({ runs }: Recorded): string[] {
  return [
    "## Runs",
    "",
    "| runtime | date | minutes | seeds | scripts | connections | messages that arrived | found |",
    "| --- | --- | --: | --- | --: | --: | --: | --- |",
    ...Object.entries(runs).map(
      ([runtime, { date, version, minutes, firstSeed, scripts, connections, messages, found }]) =>
        `| ${runtime} (${version}) | ${date} | ${minutes} | from ${firstSeed} on | ${scripts} | ${connections} | ${messages} | ${found.join("; ") || "nothing"} |`,
    ),
    "",
  ];
}

function plantedSection({ planted }: Recorded): string[] {
  const known = PLANTED.flatMap(({ what, file }) => (planted[what] === undefined ? [] : [{ what, file, ...planted[what] }]));
  return [
    "## Planted faults",
    "",
    "One at a time in a copy of the sources (`npm run test:chaos -- --planted`), from seed 1 on. Each row has its script, cut down, below the table.",
    "",
    "| planted | in `packages/` | runtime | found after | script no. | as | steps left |",
    "| --- | --- | --- | --: | --: | --- | --: |",
    ...known.map(
      ({ what, file, runtime, seconds, scripts, as, steps }) =>
        `| ${what} | \`${file}\` | ${runtime} | ${as.length === 0 ? `not in ${seconds} s` : `${seconds} s`} | ${scripts} | ${as.join(", ") || "–"} | ${steps || "–"} |`,
    ),
    "",
    ...known.flatMap(({ what, script }) => (script.length === 0 ? [] : [`**${what}**`, "", "```text", ...script, "```", ""])),
  ];
}

const SHOWN = 16;

/** A script in lines: the connections that have steps, and the steps. */
export function linesOf({ places, connections, steps }: Script): string[] {
  const used = [...new Set(steps.map(({ on }) => on))].sort((one, other) => one - other);
  const shown = used.slice(0, SHOWN).map((id) => connectionLine(id, connections[id]!, places[connections[id]!.place]!));
  if (used.length > SHOWN) shown.push(`  (and ${used.length - SHOWN} connections more)`);
  const lines = steps.slice(0, SHOWN).map(stepLine);
  if (steps.length > SHOWN) lines.push(`… and ${steps.length - SHOWN} more`);
  return [...shown, ...lines];
}

function connectionLine(id: number, { client, opening, upgrade, gentle }: ConnectionScript, place: PlaceScript): string {
  const server = place.raw === true ? `raw (${opening})` : tuningOf(place.tuning);
  const from = client === undefined ? `raw (${opening})` : tuningOf(client);
  const parts = [
    place.kind,
    ...(place.fetch === true ? ["fetch"] : []),
    gentle ? "gentle" : "rough",
    ...(upgrade === "now" ? [] : [`upgrade ${upgrade}`]),
  ];
  return `  connection ${id}: ${parts.join(", ")}; client ${from}, server ${server}`;
}

function tuningOf({ style, borrow, compress, sendHighWaterMark, receiveHighWaterMark, maxBufferedBytes }: Tuning): string {
  const limits = { sendHighWaterMark, receiveHighWaterMark, maxBufferedBytes };
  const named = Object.entries(limits).flatMap(([name, value]) => (value === undefined ? [] : `${name} ${value}`));
  return [style, ...(borrow === true && style === "handlers" ? ["borrow"] : []), ...(compress === true ? ["compress"] : []), ...named].join(
    " ",
  );
}

/** `3 client: send size 20, as text; then a turn` */
function stepLine({ on, by, act, then }: Step): string {
  const pause = then === "none" ? "" : `; then ${typeof then === "number" ? `${then} ms` : `a ${then}`}`;
  return `${by === "world" ? `${on} world` : `${on} ${by}`}: ${described({ ...act })}${pause}`;
}

function described({ do: name, ...rest }: Record<string, unknown>): string {
  const parts = Object.entries(rest).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return [String(name), parts.join(", ")].join(" ").trim();
}
