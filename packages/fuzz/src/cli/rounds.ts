/** Campaigns against the clients whose drivers connect: one after the other, each with a report for its agent. */
import { toJson, type JsonReport } from "../report/model.ts";
import { runCampaign } from "../run/campaign.ts";
import { verdictOf, type CampaignReport } from "../run/results.ts";
import { sift } from "../rules/homes.ts";
import type { Rule } from "../rules/rule.ts";
import { ClientExecutor, type ClientExecutorOptions } from "../tcp/client-executor.ts";
import { campaignOptions, type Flags } from "./flags.ts";
import { printReport, saveFindings, writeReports, type OutputOptions } from "./output.ts";
import { Progress } from "./progress.ts";

interface Round {
  executor: ClientExecutor;
  report: Promise<CampaignReport>;
  agent: string;
}

export interface RoundsOptions {
  flags: Flags;
  /** A glob. */
  rules: string;
  output: OutputOptions;
  executor: ClientExecutorOptions;
}

/** Autobahn's words. */
const STATUS = { fail: "FAILED", warn: "NON-STRICT", pass: "OK", inconclusive: "OK", "not-applicable": "OK" } as const;

export class Rounds {
  /** The latest of each agent. */
  readonly reports: JsonReport[] = [];
  readonly firstReport: Promise<void>;
  current: Round;
  /** Its report was asked for: whoever comes now begins another round. */
  over = false;
  readonly #options: RoundsOptions;
  #reported: () => void = () => undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.firstReport = new Promise((resolve) => {
      this.#reported = resolve;
    });
    this.current = this.#begin();
  }

  #begin(): Round {
    const { flags, rules, executor: executorOptions } = this.#options;
    const progress = new Progress(flags.quiet === true);
    const executor = new ClientExecutor(executorOptions);
    const report = runCampaign(executor, campaignOptions(flags, "client", progress.update, rules)).finally(() => progress.end());
    return { executor, report, agent: "client" };
  }

  forDriver(): ClientExecutor {
    if (this.over) {
      this.over = false;
      this.current = this.#begin();
    }
    return this.current.executor;
  }

  /** The round's report is asked for. */
  end(): void {
    if (this.over) return;
    this.over = true;
    void this.finish().then(() => this.#reported());
  }

  async finish(): Promise<JsonReport> {
    const { output } = this.#options;
    const round = this.current;
    round.executor.stop();
    const json = toJson({ ...(await round.report), target: round.agent });
    if (round.executor.unused > 0) json.notes.push(`${round.executor.unused} cases of the reserve were not needed`);
    saveFindings(json, output);
    printReport(json, output);
    const known = this.reports.findIndex((other) => other.target === json.target);
    if (known >= 0) this.reports.splice(known, 1);
    this.reports.push(json);
    writeReports(this.reports, output);
    return json;
  }

  /** How a case went. `rule`: undefined for random sessions and the reserve. */
  statusOf(number: number, rule: Rule | undefined): string {
    const run = this.current.executor.runs.get(number);
    if (run === undefined) return "UNIMPLEMENTED";
    const { deviations } = run.judgement;
    if (rule === undefined) return deviations.length === 0 ? "OK" : "INFORMATIONAL";
    return STATUS[verdictOf(sift(rule, deviations, "client").own, "strict", rule.level)];
  }
}
