/**
 * Faulty servers and clients, one defect each: every one is caught, by the rules that name it and with their own small exchange, and,
 * where random sessions can meet it, also by them, shrunk to the exchange written in planted/minimal.json.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";

import { matcherOf } from "../src/rules/glob.ts";
import { RULES } from "../src/rules/index.ts";
import type { CampaignReport, Finding } from "../src/run/results.ts";
import { describeSession } from "../src/sessions/describe.ts";
import type { TargetRole } from "../src/sessions/session.ts";
import { DEFECTS, type Defect } from "./planted/defects.ts";
import { onPlantedClient, onPlantedServer } from "./planted/harness.ts";

const MINIMAL = JSON.parse(readFileSync(new URL("planted/minimal.json", import.meta.url), "utf8")) as Record<
  string,
  { kind: string; exchange: string[] }
>;
const campaigns = { server: onPlantedServer, client: onPlantedClient };

interface Job {
  defect: Defect;
  role: TargetRole;
  name: string;
  rules?: CampaignReport;
  random?: CampaignReport;
}
const jobs: Job[] = DEFECTS.flatMap((defect) => defect.roles.map((role) => ({ defect, role, name: `${defect.id}/${role}` })));

function isOfKind(defect: Defect, kind: string): boolean {
  return defect.kind === "*" || (defect.kind.endsWith("*") ? kind.startsWith(defect.kind.slice(0, -1)) : kind === defect.kind);
}
/** Rules that should have noticed and did not. */
function silentRules({ defect, role, rules }: Job): string[] {
  const matches = matcherOf(defect.breaks);
  return RULES.filter((rule) => rule.targets.includes(role) && matches(rule.id))
    .map((rule) => rule.id)
    .filter((id) => !["fail", "warn"].includes(rules!.results.find((result) => result.id === id)?.verdict ?? "none"));
}
/** Findings of the planted kind. */
function caught({ defect, rules }: Job): Finding[] {
  return rules!.results.flatMap((result) => result.findings).filter((finding) => isOfKind(defect, finding.kind));
}
function shrunkTo({ random, name }: Job): string[] | undefined {
  const finding = random!.results.flatMap((result) => result.findings).find((each) => each.kind === MINIMAL[name]!.kind);
  return finding === undefined ? undefined : describeSession(finding.session, random!.role);
}

async function pool(items: readonly Job[], width: number, work: (job: Job) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) await work(job);
    }),
  );
}

const byRules = async (job: Job): Promise<void> => {
  const { defect, role } = job;
  const report = await campaigns[role](defect.plant, {
    rules: [defect.breaks, defect.besides].filter((each) => each !== undefined).join(","),
    runs: 0,
  });
  // What a rule has seen is seen: the rules of a defect need not all be lucky in the same try.
  const seen = (job.rules?.results ?? []).filter(({ verdict }) => verdict === "fail" || verdict === "warn");
  job.rules = { ...report, results: [...seen, ...report.results.filter(({ id }) => !seen.some((one) => one.id === id))] };
};
const byRandom = async (job: Job): Promise<void> => {
  job.random = await campaigns[job.role](job.defect.plant, {
    rules: `property/${job.defect.area}`,
    runs: job.defect.area === "framing" ? 250 : 90,
  });
};

// Time: what a busy machine spoiled is tried once more, alone. `npm test` itself keeps it busy.
async function again(tried: readonly Job[], work: (job: Job) => Promise<void>, isSpoiled: (job: Job) => boolean): Promise<void> {
  await pool(tried.filter(isSpoiled), 1, work);
}

beforeAll(async () => {
  await pool(jobs, 48, byRules);
  await again(jobs, byRules, (job) => silentRules(job).length > 0 || caught(job).length === 0);
  const shrinkable = jobs.filter((job) => job.name in MINIMAL);
  await pool(shrinkable, 24, byRandom);
  await again(shrinkable, byRandom, (job) => JSON.stringify(shrunkTo(job)) !== JSON.stringify(MINIMAL[job.name]!.exchange));
  // A busy machine makes this slow, not wrong.
}, 1_800_000);

describe("every planted defect is caught by its rules, in their own small exchange", () => {
  for (const job of jobs) {
    it(job.name, () => {
      expect(silentRules(job)).toEqual([]);
      const kinds = job.rules!.results.flatMap((result) => result.findings.map((finding) => finding.kind));
      expect(caught(job).length, kinds.join()).toBeGreaterThan(0);
      for (const finding of caught(job)) expect(RULES.map((rule) => rule.session)).toContain(finding.session);
    });
  }
});

describe("random sessions find it and shrink to the expected exchange", () => {
  for (const job of jobs.filter(({ name }) => name in MINIMAL)) {
    it(`${job.name}: ${MINIMAL[job.name]!.exchange.join(" · ") || "the plain handshake"}`, () => {
      expect(shrunkTo(job)).toEqual(MINIMAL[job.name]!.exchange);
    });
  }
});

describe("the table", () => {
  it("has a planted defect for every rule, or says why not", () => {
    const unplanted = RULES.filter(
      (rule) =>
        rule.unplanted === undefined &&
        !DEFECTS.some((defect) => defect.roles.some((role) => rule.targets.includes(role)) && matcherOf(defect.breaks)(rule.id)),
    );
    expect(unplanted.map((rule) => rule.id)).toEqual([]);
  });
  it("has at least 60 planted defects over all areas", () => {
    expect(DEFECTS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(DEFECTS.map((defect) => defect.id)).size).toBe(DEFECTS.length);
    expect(new Set(DEFECTS.map((defect) => defect.area)).size).toBeGreaterThanOrEqual(12);
  });
});
