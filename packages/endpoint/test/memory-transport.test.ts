import { memoryTransportPair } from "@ws/endpoint";
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
});
