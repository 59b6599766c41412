/** One rule's exchange, with what only an attack needs: more connections, a look at the target's memory, and whether it survived. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Rule } from "../rules/rule.ts";
import type { Campaign } from "./options.ts";
import type { Executor, SessionRun, RunOptions } from "./executor.ts";

/** Growth that a runtime's own garbage does not explain. */
const MEMORY_ALLOWED = 160 * 2 ** 20;

/** undefined: there is no way to run another session. */
export async function attempt(
  { executor, results }: Campaign,
  rule: Rule,
  options: RunOptions,
): Promise<{ run: SessionRun; deviations: Deviation[] } | undefined> {
  const memory = rule.alive === true ? watchMemory(executor) : undefined;
  try {
    // A client runs each announced case once.
    const connections = options.slot === undefined || executor.target === "server" ? (rule.connections ?? 1) : 1;
    const runs = await Promise.all(Array.from({ length: connections }, () => executor.run(rule.session, options)));
    const [run] = runs;
    if (run === undefined) return undefined;
    results.sessions += runs.length;
    memory?.look();
    const deviations = [...run.judgement.deviations];
    if (rule.alive === true && run.transcript.error === undefined) {
      const dead = await executor.alive?.();
      if (dead !== undefined) deviations.push(dead);
    }
    const grown = memory?.growth() ?? 0;
    if (grown > MEMORY_ALLOWED)
      deviations.push({
        kind: "memory",
        level: "MUST",
        section: "RFC 6455 §10.4",
        happened: `the target's memory grew by ${Math.round(grown / 2 ** 20)} MiB`,
        allowed: `less than ${MEMORY_ALLOWED / 2 ** 20} MiB for an exchange of this size`,
      });
    return { run, deviations };
  } finally {
    memory?.stop();
  }
}

/** undefined: the target's memory cannot be known. */
function watchMemory(executor: Executor): { look: () => void; growth: () => number; stop: () => void } | undefined {
  const before = executor.memory?.();
  if (before === undefined) return undefined;
  let peak = before;
  const look = (): void => {
    peak = Math.max(peak, executor.memory?.() ?? 0);
  };
  const meter = setInterval(look, 10);
  return { look, growth: () => peak - before, stop: () => clearInterval(meter) };
}
