/** What a client's program, an extension, and a host may do wrong in their functions: nothing crashes or hangs. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import * as functions from "./slips/pair-functions.ts";
import { livePair, type PairPlace } from "./slips/pair-life.ts";
import { atOnce, type Slip, slips } from "./slips/slip.ts";

const numRuns = Number(process.env["RUNS"] ?? 25);

describe.each<[string, Record<string, PairPlace>, fc.Arbitrary<Slip>]>([
  ["of a client's options", functions.clientFunctions, slips],
  ["of a signal", functions.signalFunctions, atOnce],
  ["of an extension", functions.extensionFunctions, atOnce],
  ["of a transform", functions.transformFunctions, atOnce],
  ["of a transform that takes its time", functions.slowTransformFunctions, slips],
  ["of a source for sendStream", functions.sourceFunctions, slips],
  ["that makes such a source", functions.sources, atOnce],
  ["of a host", functions.hostFunctions, atOnce],
  ["that dials", functions.dialFunctions, slips],
  ["of a host's UTF-8", functions.utf8Functions, atOnce],
])("a function %s", (_where, places, what) => {
  test.each(Object.entries(places))("%s", async (name, place) => {
    let called = 0;
    await fc.assert(
      fc.asyncProperty(what, async (slip) => {
        called += await livePair(place, slip);
      }),
      { numRuns },
    );
    if (!functions.seldom.includes(name)) expect(called).toBeGreaterThan(0);
  });
});
