// npm test: lint, format, types, then the tests of every package, or of those that `--project` names. Other arguments go to Vitest.
import { basename, relative, resolve } from "node:path";

import folders from "../vitest.workspace.ts";
import { Summary } from "./summary.mjs";
import { typeChecks } from "./types.mjs";

const results = "node_modules/.cache/test-results.json";
/** Where the last run left its summary. */
export const summaryFile = "node_modules/.cache/npm-test.json";

/** Neither rule nor formatter looks at more than one file, so what a file's content gave before holds. */
const cache = (program) => ["--cache", "--cache-strategy", "content", "--cache-location", `node_modules/.cache/${program}-cache.json`];

/** The folders of the projects that the arguments name; all without one. */
function foldersOf(args) {
  const names = args.flatMap((arg, index) =>
    arg === "--project" ? [args[index + 1]] : arg.startsWith("--project=") ? [arg.slice(10)] : [],
  );
  if (names.length === 0) return folders;
  // Patterns too, as in Vitest: `--project "co*"`.
  const isNamed = (folder) => names.some((name) => new RegExp(`^${name?.replaceAll("*", ".*")}$`).test(basename(folder)));
  const found = folders.filter(isNamed);
  if (found.length === 0)
    throw new Error(`No project ${names.join(", ")}; there are ${folders.map((folder) => basename(folder)).join(", ")}.`);
  return found;
}

/** Runs all of it into `summary`. */
async function test(summary, args = []) {
  // Most processes of a run load the same TypeScript: Node 24 and later strip and compile each file once, and keep it by its content.
  process.env.NODE_COMPILE_CACHE ??= resolve("node_modules/.cache/compile");
  const chosen = foldersOf(args);
  const all = chosen === folders;
  const good = await summary.commands("lint, format, types", [
    { name: "lint", command: "eslint", args: [...cache("eslint"), ...(all ? ["."] : chosen), "--max-warnings", "0"] },
    {
      name: "format (npm run format mends it)",
      command: "prettier",
      args: [
        ...cache("prettier"),
        "--check",
        "--log-level",
        "warn",
        ...(all ? ["**/*.{ts,js,mjs}"] : chosen.map((folder) => `${folder}/**/*.{ts,js,mjs}`)),
      ],
    },
    ...typeChecks({ folders: all ? undefined : chosen }),
  ]);
  if (!good) {
    summary.fail("the tests were not run");
    return;
  }
  const report = await summary.tests("tests", results, args);
  if (report === undefined) return;
  const perProject = new Map(chosen.map((folder) => [folder, 0]));
  for (const file of report.testResults) {
    const path = relative(process.cwd(), file.name);
    const folder = chosen.find((name) => path.startsWith(`${name}/`));
    if (folder) perProject.set(folder, perProject.get(folder) + file.assertionResults.length);
  }
  console.log(`Tests per project: ${[...perProject].map(([folder, count]) => `${basename(folder)} ${count}`).join(", ")}`);
  if (args.length > 0) return;
  for (const [folder, count] of perProject) if (count === 0) summary.fail(`no test ran in ${folder}`);
}

if (import.meta.main) {
  const summary = new Summary();
  await test(summary, process.argv.slice(2));
  summary.end();
  summary.save(summaryFile);
}
