/** What a server's program may do wrong in its functions: whatever it is, nothing crashes, hangs, or opens a door. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { live, type Place } from "./slips/life.ts";
import { handlerFunctions, optionFunctions, others } from "./slips/server-functions.ts";
import { anything, type Slip, slips } from "./slips/slip.ts";

const numRuns = Number(process.env["RUNS"] ?? 40);

describe.each([
  ["of the options", optionFunctions],
  ["of the handlers", handlerFunctions],
  ["elsewhere", others],
] as const)("a function %s", (_where, functions) => {
  test.each(Object.entries(functions) as [string, Place][])("%s", async (_name, place) => {
    let called = 0;
    await fc.assert(
      fc.asyncProperty(slips, async (slip) => {
        called += (await live(place, slip)).calls;
      }),
      { numRuns },
    );
    expect(called).toBeGreaterThan(0);
  });
});

/** RFC 6455 §4.2.2 item 2: only an answer that says so. */
function accepts(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null) return false;
  const known = ["context", "subprotocol", "headers", "handler", "status"];
  try {
    const prototype: unknown = Object.getPrototypeOf(answer);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    const keys = Object.keys(answer);
    return (
      keys.every((key) => known.includes(key)) && (keys.length > 0 || isPlain) && (answer as { status?: unknown }).status === undefined
    );
  } catch {
    return false;
  }
}

const status = async (place: Place, slip: Slip): Promise<string> => (await live(place, slip)).status;

describe("no open door", () => {
  test("`upgrade` opens by an answer that accepts, and by nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(slips, async (slip) => {
        const opens = (await status(optionFunctions.upgrade, slip)) === "HTTP/1.1 101";
        if (opens && slip.isCall !== true) expect(accepts(slip.answers?.value), slip.what).toBe(true);
      }),
      { numRuns: 2 * numRuns },
    );
  });

  test("`allowedOrigins` opens by true, and by nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(anything, async ({ what, make }) => {
        const value = make();
        const answered = await status(optionFunctions.allowedOrigins, { what, act: () => value });
        expect(answered === "HTTP/1.1 101", what).toBe(value === true);
      }),
      { numRuns: 2 * numRuns },
    );
  });

  test("what opens it when nothing is wrong does", async () => {
    const usual: Slip = { what: "nothing", act: (_reach, rightly) => rightly() };
    for (const place of [optionFunctions.upgrade, optionFunctions.allowedOrigins]) expect(await status(place, usual)).toBe("HTTP/1.1 101");
  });
});
