import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { acceptAll } from "../src/accept.ts";

class BadResource extends Error {}
class Interrupted extends Error {}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("Deno", { errors: { BadResource, Interrupted } });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const failing = (code: string): Error => Object.assign(new Error(code), { code });
const conn = (): Deno.Conn => ({ remoteAddr: { transport: "tcp", hostname: "127.0.0.1" } }) as unknown as Deno.Conn;

/** Accepts what is given, one after the other, then says that it is closed; with the time at which each was asked for. */
function accepting(given: readonly (Error | Deno.Conn)[]) {
  const [errors, askedAt] = [[] as unknown[], [] as number[]];
  let accepted = 0;
  const waiting = [...given];
  const done = acceptAll(
    {
      accept: () => {
        // Time: vitest's false clock.
        askedAt.push(performance.now());
        const next = waiting.shift() ?? new BadResource();
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
    },
    { accept: () => void accepted++ },
    (error) => void errors.push(error),
  );
  return { done, errors, askedAt, accepted: () => accepted };
}

test("what went wrong with one connection is nobody's error, and the next is accepted at once", async () => {
  const run = accepting([failing("ENOTCONN"), failing("ECONNABORTED"), conn(), failing("ECONNRESET"), conn()]);
  await run.done;
  expect([run.errors, run.accepted(), new Set(run.askedAt).size]).toEqual([[], 2, 1]);
});

test("exhaustion is told once, and waited for", async () => {
  const run = accepting([failing("EMFILE"), failing("EMFILE"), conn(), failing("EMFILE"), conn()]);
  await vi.advanceTimersByTimeAsync(1_000);
  await run.done;
  expect([run.errors.map(String), run.accepted()]).toEqual([["Error: EMFILE"], 2]);
  expect(run.askedAt.map((at) => at - run.askedAt[0]!)).toEqual([0, 50, 100, 100, 150, 150]);
});

test("exhaustion is told again when it comes back after a while", async () => {
  // Time: vitest's false clock.
  const pause = (): Promise<Deno.Conn> => new Promise((resolve) => setTimeout(() => resolve(conn()), 61_000));
  const errors: unknown[] = [];
  const answers = [
    () => Promise.reject(failing("EMFILE")),
    pause,
    () => Promise.reject(failing("EMFILE")),
    () => Promise.reject(new Interrupted()),
  ];
  const done = acceptAll({ accept: () => answers.shift()!() }, { accept: () => undefined }, (error) => void errors.push(error));
  await vi.advanceTimersByTimeAsync(62_000);
  await done;
  expect(errors.length).toBe(2);
});
