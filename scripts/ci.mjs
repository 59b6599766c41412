// What CI checks beyond npm test: the published shape, branch coverage, the page in a browser, every pair of runtimes, the built files in every host,
// random connections.
// A step that fails does not keep the others from running, and the end says what failed in all of them, npm test included.
import { buildTasks } from "./build.mjs";
import { publishedShapeChecks } from "./published-shape.mjs";
import { Summary } from "./summary.mjs";
import { summaryFile } from "./test.mjs";
import { typeChecks } from "./types.mjs";

// For the steps that need a browser.
const { CHROMIUM } = process.env;
delete process.env.CHROMIUM;

const summary = Summary.continued("npm test", summaryFile);
const vitest = (title, name, args, env) => summary.tests(title, `node_modules/.cache/ci-results-${name}.json`, args, env);

await summary.commands(
  "types with the compiler that builds, each configuration alone",
  typeChecks({ compiler: "typescript", alone: true }),
);
await summary.commands("build", buildTasks());
await summary.commands("published shape", publishedShapeChecks());
await summary.commands("JSR", [{ name: "JSR: dry run", command: "node", args: ["scripts/jsr-check.mjs"] }]);
await summary.commands("branch coverage", [{ name: "branch coverage", command: "node", args: ["scripts/coverage.mjs"] }]);
await vitest("the inspector's page in Chromium", "page", ["--project", "inspector", "browser"], { CHROMIUM });
await vitest("every pair of runtimes", "pairs", ["--project", "contract", "pairs"], { CONTRACT_PAIRS: "all" });
await vitest("the built layers in QuickJS, workerd and Chromium", "embedding", ["--project", "contract", "embedding", "workerd"], {
  CHROMIUM,
  EMBED_DIST: "1",
});
await summary.commands(
  "random connections in each runtime",
  ["Node 26", "Node 24", "Node 22", "Deno", "Bun"].map((runtime) => ({
    name: `twenty seconds of random scripts in ${runtime}`,
    command: "node",
    args: [
      ...["--conditions=@ws/source", "packages/contract/scripts/chaos.ts", runtime, "--seconds", "20", "--seed", "20000"],
      ...["--out", `node_modules/.cache/chaos-${runtime.replace(" ", "-")}.json`],
    ],
  })),
);
await summary.commands("libraries from npm on our WebSocket", [
  { name: "ecosystem", command: "node", args: ["packages/contract/ecosystem/run.mjs"] },
]);
await summary.commands("what is verified where", [
  { name: "README's table (node scripts/verified.mjs writes it)", command: "node", args: ["scripts/verified.mjs", "--check"] },
]);
summary.end();
