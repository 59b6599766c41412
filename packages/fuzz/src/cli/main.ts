#!/usr/bin/env node
/** `ws-fuzz`: the command line. Exit status 0: no failures, 1: failures, 2: usage, or the target cannot be reached. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Runs the program. Resolves with its exit status. */
export async function main(args: string[]): Promise<number> {
  try {
    const { runCommand } = await import("./commands.ts");
    return await runCommand(args);
  } catch (error) {
    if (!isMissingPeer(error)) throw error;
    console.error("ws-fuzz: fast-check is not installed. It is a peer dependency: npm install --save-dev fast-check");
    return 2;
  }
}

/** npm and pnpm install peer dependencies; other installations may lack ours. */
function isMissingPeer(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes("'fast-check'");
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));
