import type { Writable } from "node:stream";
import { expectationOf, planOf, session, type Branch } from "@ws/fuzz";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as ws from "ws";

// Its types do not name it.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** What somebody else's parser makes of a stream: messages, and whether it complained. */
function parse(bytes: Uint8Array): Promise<{ messages: string[]; failed: boolean }> {
  return new Promise((resolve) => {
    const parser = new Receiver({ isServer: true, allowSynchronousEvents: true });
    const messages: string[] = [];
    parser.on("message", (message: Buffer) => messages.push(message.toString("hex")));
    parser.on("error", () => undefined);
    parser.write(Buffer.from(bytes), (error) => resolve({ messages, failed: error instanceof Error }));
  });
}

test("whatever a peer sends, the parser does something that the RFC allows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("framing", "fragmentation", "control", "utf8"), fc.nat(), async (area, seed) => {
      const [{ steps }] = fc.sample(session(area, "server"), { seed, numRuns: 1 }) as [{ steps: [] }];
      const plan = planOf(steps, "server");
      const { messages, failed } = await parse(plan.bytes);
      const isAllowed = ({ due, ending }: Branch): boolean =>
        due
          .filter((each) => each.kind === "message")
          .map((each) => Buffer.from(each.payload).toString("hex"))
          .join() === messages.join() && failed === (ending.kind === "fail");
      expect(expectationOf(plan, "server", {}).branches.some(isAllowed)).toBe(true);
    }),
    { numRuns: 200, seed: 7 },
  );
});
