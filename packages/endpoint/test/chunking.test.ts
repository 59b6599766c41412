import fc from "fast-check";
import { expect, test } from "vitest";

import { closePair, openPair, wellFormed, type PairOptions } from "./support/pair.ts";

const message = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ minLength: 9_000, maxLength: 20_000 }),
);
const pipe = fc.record({
  chunkSize: fc.integer({ min: 1, max: 5000 }).map((most) => (available: number) => 1 + ((available * 7919) % most)),
  capacity: fc.integer({ min: 1, max: 30_000 }),
  borrowed: fc.boolean(),
  copies: fc.boolean(),
});

test("any chunking, capacity and buffer reuse deliver the same messages in the same order, both ways", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { maxLength: 12 }),
      fc.array(message, { maxLength: 12 }),
      pipe,
      pipe,
      fc.constantFrom("iterator", "handlers", "asynchronous handlers"),
      fc.boolean(),
      async (up, down, toServer, toClient, style, abrupt) => {
        const received: unknown[] = [];
        const options: PairOptions = { toServer, toClient };
        if (style === "handlers") options.handler = { message: (_, each) => void received.push(each) };
        if (style === "asynchronous handlers") {
          options.handler = {
            message: async (_, each) => {
              received.push(each);
              await Promise.resolve();
            },
          };
        }
        const pair = await openPair(options);
        const reading =
          style === "iterator"
            ? (async () => {
                for await (const each of pair.server) received.push(each);
              })()
            : undefined;
        const receivedByClient: unknown[] = [];
        const clientReading = (async () => {
          for await (const each of pair.client) receivedByClient.push(each);
        })();
        for (let index = 0; index < 12; index++) {
          if (up[index] !== undefined) pair.client.send(up[index]!);
          if (down[index] !== undefined) pair.server.send(down[index]!);
          if (abrupt) pair.client.flush();
          else await Promise.all([pair.client.ready, pair.server.ready]);
        }
        // Everything accepted arrives before the Close that follows it.
        for (let waited = 0; receivedByClient.length < down.length && waited < 5000; waited++) await pair.clock.advance(0);
        pair.client.close(1000);
        await clientReading;
        await reading;
        await pair.server.closed;
        const expected = (messages: typeof up) => messages.map((each) => (typeof each === "string" ? wellFormed(each) : each));
        expect(received).toEqual(expected(up));
        expect(receivedByClient).toEqual(expected(down));
        await closePair(pair);
      },
    ),
    { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 40) },
  );
});
