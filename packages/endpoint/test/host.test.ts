import { acceptConnection, createHost, type Host, listenWith, memoryTransportPair, openConnection } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { ManualClock } from "./support/clock.ts";

const clock = new ManualClock();
const printError = (): void => undefined;

describe("a host", () => {
  test("shows nothing of itself", () => {
    const host = createHost({ clock, printError });
    expect([Reflect.ownKeys(host), Object.isFrozen(host)]).toEqual([[], true]);
  });

  test.each([
    [{ clock, printError, fillrandom: () => undefined }, "did you mean fillRandom"],
    [{ clock, printError, sha1: "native" }, "sha1 must be a function"],
    [{ printError }, "a host needs clock"],
    [{ clock }, "a host needs printError"],
    [undefined, "must be an object"],
  ])("options that cannot work are TypeErrors: %#", (options, message) => {
    const create = (): Host => createHost(options as never);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(message);
  });

  test("anything else in its place is a TypeError", async () => {
    const host = { clock } as unknown as Host;
    const [near] = memoryTransportPair(clock);
    await expect(acceptConnection(host, near)).rejects.toThrow("createHost");
    await expect(openConnection(host, { host: "a", target: "/" }, () => near)).rejects.toThrow("createHost");
    await expect(listenWith(host, { open: () => expect.unreachable() }, {}, {})).rejects.toThrow("createHost");
  });
});

test("a clock or a UTF-8 of which a function is missing is a TypeError at once, not in a timer", () => {
  const call = (): never => expect.unreachable();
  const clock = { now: call, setTimer: call, clearTimer: call, turn: call, microtask: call };
  const utf8 = { decode: call, isValid: call, encodeInto: call, byteLength: call };
  createHost({ clock, utf8, printError: call });
  for (const name of Object.keys(clock)) {
    expect(() => createHost({ clock: { ...clock, [name]: undefined }, printError: call })).toThrow(`clock.${name} must be a function`);
  }
  for (const name of Object.keys(utf8)) {
    expect(() => createHost({ clock, utf8: { ...utf8, [name]: 5 } as never, printError: call })).toThrow(`utf8.${name} must be a function`);
  }
});
