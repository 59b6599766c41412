import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { History } from "../src/deflate/history.ts";

const pieces = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 40 });

describe("the last bytes of a connection", () => {
  test("any appends: the latest bytes are those of everything appended", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), pieces, fc.nat(4000), (size, appended, wanted) => {
        const history = new History(size);
        let everything: number[] = [];
        for (const piece of appended) {
          history.append(piece);
          everything = [...everything, ...piece].slice(-size);
          expect(history.length).toBe(everything.length);
          const latest = Math.min(wanted, everything.length);
          const views = history.latest(wanted);
          expect([...views[0], ...views[1]]).toEqual(latest === 0 ? [] : everything.slice(-latest));
        }
        const twin = history.clone();
        history.append(Uint8Array.of(1, 2, 3));
        expect(twin.position).toBe(history.position - 3);
        expect([...twin.latest(size)[0], ...twin.latest(size)[1]]).toEqual(everything);
      }),
    );
  });

  test.each([1, 100, 512, 1000, 1024, 2048, 5000])("in pieces of %i: what was kept stays when its memory grows", (size) => {
    const history = new History(32_768);
    const everything = Uint8Array.from({ length: 40_000 }, (_, index) => (index * 7919) >>> 5);
    for (let at = 0; at + size <= everything.length; at += size) {
      history.append(everything.subarray(at, at + size));
      if (size < 100 && at % 997 !== 0) continue;
      const kept = everything.subarray(Math.max(0, at + size - 32_768), at + size);
      expect(Buffer.concat(history.latest(32_768)).equals(kept), `${at}`).toBe(true);
    }
  });

  test("memory follows the traffic: 2 KiB, or less than four times what was appended, never more than the window", () => {
    const history = new History(32_768);
    expect(history.capacity).toBe(0);
    for (let total = 100; total <= 100_000; total += 100) {
      history.append(new Uint8Array(100));
      expect(history.capacity).toBeLessThanOrEqual(Math.min(32_768, Math.max(2048, total * 4)));
      expect(history.capacity).toBeGreaterThanOrEqual(history.length);
    }
    history.clear();
    expect(history.capacity).toBe(0);
    expect(history.length).toBe(0);
  });

  test("one large message fills the window at once", () => {
    const history = new History(256);
    history.append(Uint8Array.from({ length: 1000 }, (_, index) => index % 251));
    const [older, newer] = history.latest(256);
    expect([...older, ...newer]).toEqual(Array.from({ length: 256 }, (_, index) => (744 + index) % 251));
    expect(history.position).toBe(1000);
  });
});
