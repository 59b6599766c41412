import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { PLANTED } from "../src/chaos/planted.ts";

const packages = fileURLToPath(new URL("../../", import.meta.url));

test("what is to be planted for the random driver still fits the sources", () => {
  const unfit = PLANTED.filter(({ file, from }) => readFileSync(packages + file, "utf8").split(from).length !== 2);
  expect(unfit.map(({ what }) => what)).toEqual([]);
  expect(new Set(PLANTED.map(({ what }) => what)).size).toBe(PLANTED.length);
});
