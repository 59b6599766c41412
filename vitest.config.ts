import { basename } from "node:path";
import { defineConfig } from "vitest/config";

import folders from "./vitest.workspace.ts";

const conditions = ["@ws/source"];

export default defineConfig({
  test: {
    projects: folders.map((folder) => ({
      root: folder,
      // Tests read the sources, so nothing has to be built first.
      resolve: { conditions: [...conditions, "module", "node", "development"] },
      ssr: { resolve: { conditions: [...conditions, "module", "node", "development"] } },
      test: {
        name: basename(folder),
        include: ["test/**/*.test.ts"],
        // They need a browser, which `.ci/run` installs and names in CHROMIUM.
        exclude: process.env["CHROMIUM"] ? [] : ["test/browser/**"],
        testTimeout: 20_000,
      },
    })),
  },
});
