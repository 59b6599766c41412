/** Iterator style: what has been received and not taken. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { sizeOf } from "../src/driver/delivery.ts";
import { Inbox } from "../src/driver/inbox.ts";

test("its backlog is what waits, to the byte, however messages and their reader take turns", async () => {
  const step = fc.oneof(
    fc.constant("take" as const),
    fc.nat(200).map((length) => "x".repeat(length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const inbox = new Inbox({ turnTaken: () => undefined, delivered: () => undefined } as never, {} as never);
      const [waiting, expected]: [string[], string[]] = [[], []];
      const taken: Promise<unknown>[] = [];
      let readers = 0;
      for (const one of steps) {
        if (one === "take") {
          taken.push(inbox.next().then(({ value }) => value));
          if (waiting.shift() === undefined) readers++;
        } else {
          inbox.message(one);
          expected.push(one);
          if (readers > 0) readers--;
          else waiting.push(one);
        }
        expect(inbox.backlogBytes).toBe(waiting.reduce((sum, message) => sum + sizeOf(message), 0));
      }
      expect(await Promise.all(taken.slice(0, taken.length - readers))).toEqual(expected.slice(0, expected.length - waiting.length));
    }),
  );
});
