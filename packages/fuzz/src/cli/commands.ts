/** The commands of `ws-fuzz`, and what is said of wrong usage. */
import { client } from "./client.ts";
import { diff } from "./diff.ts";
import { parse, type Flags } from "./flags.ts";
import { mergeReports } from "./merge.ts";
import { replay } from "./replay.ts";
import { listRules } from "./rules.ts";
import { server } from "./server.ts";
import { Usage, USAGE } from "./usage.ts";

const COMMANDS: Readonly<Record<string, (positionals: string[], flags: Flags) => number | Promise<number>>> = {
  server,
  client,
  replay,
  diff,
  merge: mergeReports,
  rules: listRules,
};

/** Runs a command line. Resolves with the exit status. */
export async function runCommand(args: string[]): Promise<number> {
  try {
    const { flags, positionals } = parse(args);
    const [command, ...rest] = positionals;
    if (flags.help === true || command === "help") {
      console.log(USAGE);
      return 0;
    }
    if (command === undefined) throw new Usage("what shall be done?");
    if (!Object.hasOwn(COMMANDS, command)) throw new Usage(`unknown command ${command}`);
    return await COMMANDS[command]!(rest, flags);
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    console.error(`ws-fuzz: ${error.message}\n\nSee ws-fuzz help`);
    return 2;
  }
}
