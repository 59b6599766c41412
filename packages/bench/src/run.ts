/** Measures workloads: all subjects of one are open at once and take turns, round by round, so that a slow moment hits all alike. */
import { summarise } from "./process.ts";
import type { Unit, Workload } from "./workload.ts";

export interface Figure {
  median: number;
  /** From the lowest to the highest round, as a share of the median. */
  spread: number;
  /** Highest share of a core that the load generator used. */
  generatorCpu?: number;
  /** Median CPU time of the server for each message, µs. */
  serverCost?: number;
}

export interface Measurement {
  workload: string;
  title: string;
  unit: Unit;
  figures: Record<string, Figure>;
  /** Subjects that could not be measured, with the reason. */
  failed: Record<string, string>;
}

export interface RunOptions {
  rounds: number;
  seconds: number;
  progress(line: string): void;
}

export async function measure(workload: Workload, options: RunOptions): Promise<Measurement> {
  const { seconds, progress } = options;
  const rounds = Math.min(options.rounds, workload.maxRounds ?? Infinity);
  const failed: Record<string, string> = {};
  if (workload.impossible !== undefined) {
    for (const subject of workload.subjects) failed[subject] = `skipped: ${workload.impossible}`;
    return { workload: workload.id, title: workload.title, unit: workload.unit, figures: {}, failed };
  }
  const sessions = new Map<string, Awaited<ReturnType<Workload["open"]>>>();
  const values = new Map<string, number[]>();
  const cpu = new Map<string, number>();
  const costs = new Map<string, number[]>();
  try {
    for (const subject of workload.subjects) {
      try {
        sessions.set(subject, await workload.open(subject));
        values.set(subject, []);
      } catch (error) {
        failed[subject] = (error as Error).message;
      }
    }
    for (let round = 1; round <= rounds; round++) {
      for (const [subject, session] of sessions) {
        if (failed[subject]) continue;
        progress(`${workload.title}: round ${round} of ${rounds}, ${subject}`);
        try {
          const sample = await session.sample(seconds);
          values.get(subject)!.push(sample.value);
          if (sample.serverCost !== undefined) costs.set(subject, [...(costs.get(subject) ?? []), sample.serverCost]);
          if (sample.generatorCpu !== undefined) cpu.set(subject, Math.max(cpu.get(subject) ?? 0, sample.generatorCpu));
        } catch (error) {
          // What fails is not tried again: a server that hangs would take all the time there is.
          failed[subject] = (error as Error).message;
        }
      }
    }
  } finally {
    await Promise.allSettled([...sessions.values()].map((session) => session.close()));
  }
  const figures: Record<string, Figure> = {};
  for (const [subject, list] of values) {
    if (failed[subject] || list.length === 0) continue;
    const generatorCpu = cpu.get(subject);
    const cost = costs.get(subject);
    figures[subject] = {
      ...summarise(list),
      ...(generatorCpu === undefined ? {} : { generatorCpu }),
      ...(cost === undefined ? {} : { serverCost: summarise(cost).median }),
    };
  }
  return { workload: workload.id, title: workload.title, unit: workload.unit, figures, failed };
}
