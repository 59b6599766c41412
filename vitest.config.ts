import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { deadline } from "./packages/contract/src/patience.ts";
import folders from "./vitest.workspace.ts";

const conditions = ["@ws/source"];

/** scripts/coverage.mjs measures: Node itself loads the sources then, so that every process names the same places in them. */
const measured = process.env["NODE_V8_COVERAGE"] !== undefined && {
  experimental: { viteModuleRunner: false },
  execArgv: ["--conditions=@ws/source"],
};

/** Whose files share a worker while coverage is measured too. */
const measuredTogether: readonly string[] = ["packages/codec", "packages/protocol"];

/** Run before each test file. */
const setups: Readonly<Record<string, string>> = { "packages/endpoint": "test/support/setup.ts" };

export default defineConfig({
  test: {
    // One more than there are processors: a file whose tests run in another runtime's process waits for it.
    maxWorkers: availableParallelism() + 1,
    projects: folders.map((folder) => ({
      root: folder,
      // Tests read the sources, so nothing has to be built first.
      resolve: { conditions: [...conditions, "module", "node", "development"] },
      ssr: { resolve: { conditions: [...conditions, "module", "node", "development"] } },
      test: {
        name: basename(folder),
        include: ["test/**/*.test.ts"],
        // No module keeps anything that a test could leave behind, so the files of a project share the modules of a worker.
        isolate: Boolean(measured) && !measuredTogether.includes(folder),
        setupFiles: [
          ...(setups[folder] === undefined ? [] : [setups[folder]]),
          ...(measured ? [fileURLToPath(new URL("scripts/coverage-setup.mjs", import.meta.url))] : []),
        ],
        // They need a browser, which `.ci/run` installs and names in CHROMIUM.
        exclude: process.env["CHROMIUM"] ? [] : ["test/browser/**"],
        // A busy machine makes tests slow, not red.
        testTimeout: deadline(120_000),
        expect: { poll: { timeout: deadline(60_000) } },
        hookTimeout: deadline(120_000),
        ...measured,
      },
    })),
  },
});
