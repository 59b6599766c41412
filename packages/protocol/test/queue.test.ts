import fc from "fast-check";
import { expect, it } from "vitest";

import { concatenate, Queue } from "../src/internal.ts";

it("a queue gives what an array would, however it is used", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("push", "push", "shift", "clear"), { maxLength: 200 }), fc.nat(3000), (steps, before) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      for (let i = 0; i < before; i++) {
        queue.push(i);
        model.push(i);
      }
      // Beyond the first compaction.
      for (let i = 0; i < before; i += 2) expect(queue.shift()).toBe(model.shift());
      steps.forEach((step, index) => {
        if (step === "push") {
          queue.push(index);
          model.push(index);
        } else if (step === "shift") {
          expect(queue.shift()).toBe(model.shift());
        } else {
          queue.clear();
          model.length = 0;
        }
        expect(queue.length).toBe(model.length);
      });
    }),
    { numRuns: 50 },
  );
});

it("pieces are one, up to a limit", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5 })), fc.option(fc.nat(20), { nil: undefined }), (pieces, limit) => {
      expect([...concatenate(pieces, limit)]).toEqual(pieces.flatMap((piece) => [...piece]).slice(0, limit));
    }),
  );
});
