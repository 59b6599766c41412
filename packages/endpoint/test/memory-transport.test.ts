import { memoryTransportPair, type TransportSink } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { ManualClock, settle } from "./support/clock.ts";

describe("a transport in memory", () => {
  test.each(["destroyed", "destroyed by the peer", "reset"])(
    "when %s, goes on counting what never left, and reports it afterwards",
    async (how) => {
      const [near, far] = memoryTransportPair(new ManualClock(), { capacity: 10 });
      const log: string[] = [];
      const report = (event: string) => (): void => void log.push(event);
      near.start({ received: report("received"), drained: report("drained"), ended: report("ended"), closed: report("closed") });
      near.write([new Uint8Array(8), new Uint8Array(7)]);
      expect(near.bufferedBytes).toBe(5);
      if (how === "destroyed") near.destroy();
      else if (how === "reset") near.reset(new Error("cable"));
      else far.destroy();
      near.pause();
      near.resume();
      expect(log).toEqual([]);
      await settle();
      near.write([new Uint8Array(100)]);
      near.end();
      near.destroy();
      await settle();
      expect([near.bufferedBytes, log]).toEqual([5, ["closed"]]);
    },
  );

  const reporting = (log: string[], name: string, received = (): void => undefined): TransportSink => ({
    received,
    drained: () => log.push(`${name} drained`),
    ended: () => log.push(`${name} ended`),
    closed: (error) => log.push(`${name} closed${error === undefined ? "" : " by the other"}`),
  });

  test("destroyed on both sides at once, each reports its own end", async () => {
    const log: string[] = [];
    const [near, far] = memoryTransportPair(new ManualClock());
    near.start(reporting(log, "near"));
    far.start(reporting(log, "far"));
    near.destroy();
    far.destroy();
    await settle();
    expect(log.sort()).toEqual(["far closed", "near closed"]);
  });

  test("destroyed while the peer reads, it is not drained as well", async () => {
    const log: string[] = [];
    const [near, far] = memoryTransportPair(new ManualClock(), { capacity: 10 });
    near.start(reporting(log, "near"));
    far.start(reporting(log, "far", () => near.destroy()));
    near.write([new Uint8Array(15)]);
    await settle();
    expect(log.sort()).toEqual(["far closed by the other", "near closed"]);
  });
});
