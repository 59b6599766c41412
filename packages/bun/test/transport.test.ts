/** Runs transport.run.ts in Bun and makes a test of every case. */
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, test } from "vitest";

import { type CaseResult, runIn, SUITE_TIMEOUT } from "../../contract/src/parent.ts";
import { transportCases } from "../../contract/src/transport-cases.ts";
import { deadline } from "../../contract/src/patience.ts";

let results: CaseResult[] = [];
beforeAll(
  async () => {
    results = await runIn("Bun", fileURLToPath(new URL("transport.run.ts", import.meta.url)));
  },
  deadline(1.2 * SUITE_TIMEOUT),
);

describe.each(["TCP", "TLS", "Unix socket", "TCP by node:net", "TLS by node:net", "Unix socket by node:net"])(
  "a Bun transport over %s",
  (kind) => {
    test.each(transportCases)("$name", ({ name }) => {
      const result = results.find((one) => one.kind === kind && one.name === name);
      expect(result?.ok === true ? undefined : (result?.error ?? "the case was not run")).toBeUndefined();
    });
  },
);
