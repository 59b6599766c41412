/**
 * Programs that measure themselves: started anew for each round, on the processor of the servers, with a peer of their own on the other
 * one. They print one line of JSON.
 */
import { command, runLoad } from "./process.ts";
import type { ProgramResult, ProgramTask } from "./programs/task.ts";
import type { Runtime } from "./subjects.ts";
import type { Session } from "./workload.ts";

export interface Program {
  runtime: Runtime;
  /** Script, below the package's folder. */
  script: string;
  /** The peer's script. */
  peer?: { runtime: Runtime; script: string };
}

/** Rounds of a program. `task` is what it is told besides the time. */
export function programSession(program: Program, task: object): Session {
  const { runtime, script, peer } = program;
  return {
    sample: async (seconds) => {
      const words: ProgramTask = { seconds, peer: peer === undefined ? [] : command("load", peer.runtime, peer.script, []).flat() };
      return await runLoad<ProgramResult>(runtime, script, { ...task, ...words }, "server");
    },
    close: () => Promise.resolve(),
  };
}
