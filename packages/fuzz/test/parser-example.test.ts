import type { Writable } from "node:stream";
import { planOf } from "@ws/fuzz";
import { session } from "@ws/fuzz/arbitraries";
import { expectationOf, type ExpectedBranch } from "@ws/fuzz/oracle";
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

const AREAS = ["framing", "fragmentation", "control", "utf8"] as const;

test("whatever a peer sends, the parser does something that the RFC allows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(...AREAS.map((area) => session(area, "server"))), async ({ steps }) => {
      const plan = planOf(steps, "server");
      const { messages, failed } = await parse(plan.bytes);
      const isAllowed = ({ due, ending }: ExpectedBranch): boolean =>
        due
          .filter((each) => each.kind === "message")
          .map((each) => Buffer.from(each.payload).toString("hex"))
          .join() === messages.join() && failed === (ending.kind === "fail");
      expect(expectationOf(plan, "server", {}).branches.some(isAllowed)).toBe(true);
    }),
    { numRuns: 200, seed: 7 },
  );
});
