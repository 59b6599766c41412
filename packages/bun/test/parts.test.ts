import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { runtimes } from "../../contract/src/parent.ts";
import { deadline } from "../../contract/src/patience.ts";

test("a large write goes to Bun's node:net in parts, since Bun copies all of what it is given before it returns", () => {
  const [command, ...options] = runtimes.Bun;
  const { stdout, stderr } = spawnSync(command, [...options, fileURLToPath(new URL("parts.run.ts", import.meta.url))], {
    encoding: "utf8",
    timeout: deadline(100_000),
  });
  const { given, waiting, received } = JSON.parse(stdout || stderr) as Record<string, number>;
  expect([given! <= 262_144, waiting, received]).toEqual([true, 0, (64 << 20) + 10]);
});
