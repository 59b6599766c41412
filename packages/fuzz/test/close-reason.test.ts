/** RFC 6455 §5.5.1 asks for the status code of a Close to be echoed and says nothing of its reason: with it or without it, nobody is blamed. */
import { describe, expect, it } from "vitest";

import { closePayload } from "../src/index.ts";
import { RULES } from "../src/run.ts";
import type { CampaignReport } from "../src/run.ts";
import { onPlantedClient, onPlantedServer } from "./planted/harness.ts";
import type { Plant, TapFrame } from "./planted/tap.ts";

const REASONS: readonly (readonly [name: string, reason: (received: Uint8Array) => Uint8Array])[] = [
  ["the peer's reason", (received) => received.subarray(2)],
  ["a reason of its own", () => Buffer.from("so be it")],
];

function plant(reason: (received: Uint8Array) => Uint8Array): Plant {
  return {
    receive: (frame, state) => {
      if (frame.opcode === 8) state["closed"] = frame.payload;
      return [frame];
    },
    send: (frame, state): TapFrame[] => {
      const received = state["closed"] as Uint8Array | undefined;
      if (frame.opcode !== 8 || received === undefined || received.length < 2 || frame.payload.length !== 2) return [frame];
      const code = frame.payload[0]! * 256 + frame.payload[1]!;
      // A failure is no answer.
      if (received[0] !== frame.payload[0] || received[1] !== frame.payload[1]) return [frame];
      return [{ ...frame, payload: closePayload(code, reason(received)) }];
    },
  };
}

for (const [role, campaign] of [
  ["server", onPlantedServer],
  ["client", onPlantedClient],
] as const)
  describe(`a ${role} whose answer to a Close carries`, () => {
    for (const [name, reason] of REASONS)
      it(name, async () => {
        const report: CampaignReport = await campaign(plant(reason), {
          rules: "close/*,property/close",
          runs: 40,
        });
        // What ws does otherwise without any plant is no matter of reasons.
        const found = report.results.flatMap((result) => result.findings.map((finding) => finding.kind));
        expect(found.filter((kind) => kind !== "client-closed-tcp-first")).toEqual([]);
        const codes = report.results.filter(({ id }) => /^close\/(code-\d+|reason|reason-unicode|reason-123)$/.test(id));
        expect(codes.length).toBe(RULES.filter(({ id }) => /^close\/(code-\d+|reason|reason-unicode|reason-123)$/.test(id)).length);
        // What Autobahn's index calls remoteCloseCode.
        for (const { id, closeCode } of codes) expect([id, closeCode]).toEqual([id, Number(/\d{4}$/.exec(id)?.[0] ?? 1000)]);
      });
  });
