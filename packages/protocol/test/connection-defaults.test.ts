import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { DEFAULTS } from "../src/index.ts";
import { server } from "./connection-support.ts";

const page = readFileSync(fileURLToPath(new URL("../../../docs/defaults.md", import.meta.url)), "utf8");

describe("the table of defaults", () => {
  it("is frozen, and every number in it is finite", () => {
    expect(Object.isFrozen(DEFAULTS)).toBe(true);
    for (const value of Object.values(DEFAULTS)) expect(value === undefined || (Number.isSafeInteger(value) && value > 0)).toBe(true);
  });

  it("is what docs/defaults.md says", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, value!.trim()]);
    const own = rows.filter(([name]) => name! in DEFAULTS);
    expect(own).toEqual(
      Object.entries(DEFAULTS).map(([name, value]) => [
        name,
        value === undefined ? "`maxMessageBytes`" : value.toLocaleString("en").replaceAll(",", " "),
      ]),
    );
  });

  it("is what an engine without options does", () => {
    const engine = server();
    expect(engine.nextDeadline).toBe(DEFAULTS.keepAliveInterval);
    engine.handleTimeout(DEFAULTS.keepAliveInterval);
    expect(engine.nextDeadline).toBe(DEFAULTS.keepAliveInterval + DEFAULTS.keepAliveTimeout);
    engine.close();
    expect(engine.nextDeadline).toBe(DEFAULTS.keepAliveInterval + DEFAULTS.closeTimeout);
    let pings = 0;
    const other = server();
    while (other.ping() !== 0) pings++;
    expect(pings).toBe(DEFAULTS.maxPendingPings);
  });

  it("undefined means the default, 0 means 0", () => {
    expect(server({ closeTimeout: undefined, limits: { maxPendingPings: undefined } }).ping()).toBe(1);
    expect(server({ limits: { maxPendingPings: 0 } }).ping()).toBe(0);
    expect(server({ limits: { maxBufferedBytes: 0 } }).sendText("")).toBe(1);
  });
});
