import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = join(fileURLToPath(new URL("../../../..", import.meta.url)), "node_modules");
const bin = (name: string): string => join(modules, ".bin", name);

/** The carried runtimes other than the one that runs Vitest, and how each runs a source file. */
export const runtimes: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: "Node 22", command: [join(dirname(createRequire(import.meta.url).resolve("node22/package.json")), "bin/node"), "--experimental-strip-types", "--no-warnings", "--conditions=@ws/source"] },
  { name: "Node 24", command: [join(dirname(createRequire(import.meta.url).resolve("node24/package.json")), "bin/node"), "--conditions=@ws/source"] },
  { name: "Bun", command: [bin("bun"), "--conditions=@ws/source"] },
  { name: "Deno", command: [bin("deno"), "run", "--quiet", "--allow-all", "--no-lock", "--conditions=@ws/source"] },
];

/** What the script prints, one JSON value a line. */
export function runScript(command: readonly string[], script: URL, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<unknown[]> {
  const [file = "", ...rest] = command;
  return new Promise((resolve, reject) => {
    execFile(
      file,
      [...rest, fileURLToPath(script), ...args],
      { timeout: 120_000, maxBuffer: 1 << 24, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${file}: ${error.message}\n${stderr}`));
        else resolve(stdout.trim().split("\n").map((line) => JSON.parse(line) as unknown));
      },
    );
  });
}
