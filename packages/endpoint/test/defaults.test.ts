import { readFileSync } from "node:fs";

import { DEFAULTS, ENDPOINT_DEFAULTS } from "@ws/endpoint";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../../../docs/defaults.md", import.meta.url), "utf8");

test("docs/defaults.md shows the endpoint's own defaults, and no other beside those of @ws/protocol", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, value!.trim()]);
  const own = rows.filter(([name]) => !(name! in DEFAULTS));
  expect(own).toEqual(Object.entries(ENDPOINT_DEFAULTS).map(([name, value]) => [name, value.toLocaleString("en").replaceAll(",", " ")]));
  expect(Object.isFrozen(ENDPOINT_DEFAULTS)).toBe(true);
});
