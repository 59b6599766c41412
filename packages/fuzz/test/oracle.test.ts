import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { session } from "../src/arbitraries.ts";
import {
  AREAS,
  closePayload,
  frameStep,
  planOf,
  sessionFromJson,
  sessionToJson,
  shrinkSession,
  type Session,
  type Step,
} from "../src/index.ts";
import { acceptKeyFor, completedSession, expectationOf, judgeTranscript, type Transcript } from "../src/oracle.ts";
import { filledBytes, fromHex, Opcode, writeFrame, toHex } from "../src/wire.ts";
import { concatBytes, latin1 } from "../src/wire/bytes.ts";

const { TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };
const branches = (steps: Step[]): ReturnType<typeof expectationOf>["branches"] =>
  expectationOf(planOf(steps, "server"), "server", {}).branches;

describe("the oracle", () => {
  it("§5.4 owes every message, in order, when nothing ends the connection", () => {
    const [only, ...others] = branches([
      frameStep(TEXT, "a"),
      frameStep(BINARY, "b", { fin: false }),
      frameStep(PING, "p"),
      frameStep(CONTINUATION, "c"),
    ]);
    expect(others).toEqual([]);
    expect(only!.due.map((due) => [due.kind, Buffer.from(due.payload).toString(), due.hard])).toEqual([
      ["message", "a", true],
      ["pong", "p", true],
      ["message", "bc", true],
    ]);
    expect(only!.ending).toEqual({ kind: "open" });
  });
  it("§7.1.7 excuses echoes that were not waited for before a violation", () => {
    expect(branches([frameStep(TEXT, "a"), AWAIT, frameStep(TEXT, "b"), frameStep(3)])[0]!.due.map((due) => due.hard)).toEqual([
      true,
      false,
    ]);
  });
  it("§5.2 allows both to refuse a length that is too long and to let it pass", () => {
    const [strict, lenient] = branches([frameStep(TEXT, "a", { lengthForm: 16 })]);
    expect(strict!.ending).toMatchObject({ kind: "fail", violation: "non-minimal-length" });
    expect(lenient).toMatchObject({ lenient: ["non-minimal-length"], ending: { kind: "open" } });
  });
  it("§8.1 allows to fail at the first bad byte and at the end of the message", () => {
    const [strict, lenient] = branches([frameStep(TEXT, fromHex("61ff"), { fin: false }), frameStep(CONTINUATION, "b")]);
    expect(strict!.ending).toMatchObject({ kind: "fail", violation: "utf8-late" });
    expect(lenient!.ending).toMatchObject({ kind: "fail", violation: "utf8" });
  });
  it("asks nothing of a violation in a frame that is not complete", () => {
    expect(branches([{ kind: "bytes", bytes: fromHex("fe") }])[0]!.ending).toMatchObject({ kind: "fail", optional: true });
    expect(branches([{ kind: "bytes", bytes: fromHex("8185000000") }])[0]!.ending).toMatchObject({ kind: "open" });
  });
});

const KEY = "AAECAwQFBgcICQoLDA0ODw==";
const request = latin1(
  `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
);
const response = latin1(
  `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKeyFor(KEY)}\r\n\r\n`,
);
/** What a judge says of a server that answered these steps with these frames. */
function verdict(steps: Step[], answer: [opcode: number, payload: Uint8Array | string][], more: Partial<Transcript> = {}): string[] {
  const whole: Session = completedSession({ steps }, "server", {});
  const received = concatBytes(
    answer.map(([opcode, payload]) =>
      writeFrame({ fin: true, rsv: 0, opcode, payload: typeof payload === "string" ? Buffer.from(payload) : payload }),
    ),
  );
  const transcript: Transcript = {
    target: "server",
    requestBytes: request,
    responseBytes: response,
    received,
    ended: "fin",
    wrote: planOf(whole.steps, "server").bytes.length,
    closedTcp: false,
    timedOut: false,
    duration: 1,
    ...more,
  };
  return judgeTranscript(whole, transcript).deviations.map((each) => `${each.level} ${each.kind}`);
}
const bye: [number, Uint8Array] = [CLOSE, closePayload(1000)];

describe("the judge", () => {
  it("passes what is allowed, in every form", () => {
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, "a"], bye])).toEqual([]);
    expect(verdict([frameStep(3)], [[CLOSE, closePayload(1002, "x")]])).toEqual([]);
    expect(verdict([frameStep(PING, "1"), frameStep(PING, "2")], [[PONG, "2"], bye])).toEqual([]);
    expect(verdict([frameStep(TEXT, "a")], [[PONG, "unasked"], [PING, "alive?"], [TEXT, "a"], bye])).toEqual([]);
    expect(verdict([frameStep(TEXT, "a"), frameStep(3)], [[CLOSE, closePayload(1002)]])).toEqual([]);
    expect(verdict([frameStep(BINARY, filledBytes(1 << 20))], [[CLOSE, closePayload(1009)]], { wrote: 0 })).toEqual([]);
  });
  it("§5.5.1 takes a Close that answers with the peer's reason, another or none", () => {
    const close = frameStep(CLOSE, closePayload(4000, "bye"));
    for (const reason of ["bye", "so be it", ""]) {
      expect(verdict([close], [[CLOSE, closePayload(4000, reason)]])).toEqual([]);
      expect(
        verdict(
          [frameStep(TEXT, "a"), close],
          [
            [TEXT, "a"],
            [CLOSE, closePayload(4000, reason)],
          ],
        ),
      ).toEqual([]);
    }
    expect(verdict([close], [[CLOSE, closePayload(1000, "bye")]])).toEqual(["SHOULD close-code-changed"]);
  });
  it("§7.1.7 takes answers to what came before a violation in the same segment, all, some or none of them", () => {
    const failed: [number, Uint8Array] = [CLOSE, closePayload(1002, "why")];
    const steps = [
      frameStep(TEXT, "a"),
      frameStep(BINARY, "b", { fin: false }),
      frameStep(PING, "p"),
      frameStep(CONTINUATION, "c"),
      frameStep(3),
    ];
    const answers: [number, string][] = [
      [TEXT, "a"],
      [PONG, "p"],
      [BINARY, "bc"],
    ];
    for (let known = 0; known <= answers.length; known++) expect(verdict(steps, [...answers.slice(0, known), failed])).toEqual([]);
    expect(verdict([...steps, frameStep(TEXT, "d")], [...answers, [TEXT, "d"], failed])).toEqual(["MUST accepts:opcode"]);
  });
  it("fails what is not", () => {
    expect(verdict([frameStep(TEXT, "a")], [[BINARY, "a"], bye])).toEqual(["MUST wrong-type"]);
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, "b"], bye])).toEqual(["MUST changed-message"]);
    expect(verdict([frameStep(TEXT, "a"), frameStep(TEXT, "b")], [[TEXT, "b"], [TEXT, "a"], bye])).toEqual(["MUST reordered"]);
    expect(verdict([frameStep(TEXT, "a"), frameStep(TEXT, "b")], [[TEXT, "b"], bye])).toEqual(["MUST lost-message"]);
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, "a"], [TEXT, "a"], bye])).toEqual(["MUST extra-message"]);
    expect(verdict([frameStep(PING, "p")], [[PONG, "q"], bye])).toEqual(["MUST pong-missing"]);
    expect(verdict([frameStep(TEXT, "a")], [[CLOSE, closePayload(1002)]], { wrote: 7 })).toEqual(["MUST failed-legal"]);
    expect(verdict([frameStep(3), frameStep(TEXT, "a")], [[TEXT, "a"]], { ended: "open" })).toEqual(["MUST accepts:opcode"]);
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, "a"], bye], { ended: "open" })).toEqual(["MUST tcp-open-after-close"]);
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, "a"]])).toEqual(["MUST close-reply-missing"]);
    expect(
      verdict(
        [frameStep(TEXT, "a")],
        [
          [TEXT, "a"],
          [CLOSE, closePayload(1005)],
        ],
      ),
    ).toEqual(["MUST sent:close-code"]);
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, fromHex("ff")], bye])).toContain("MUST sent:utf8");
    expect(verdict([frameStep(TEXT, "a")], [[TEXT, "a"], bye, [TEXT, "b"]])).toEqual(["MUST sent:after-close"]);
  });
  it("warns where the RFC says SHOULD, and of what is tolerated", () => {
    expect(verdict([frameStep(3)], [])).toEqual(["SHOULD no-close-frame"]);
    expect(verdict([frameStep(3)], [[CLOSE, closePayload(1011)]])).toEqual(["SHOULD close-code:opcode"]);
    expect(verdict([frameStep(CLOSE, closePayload(4000))], [[CLOSE, closePayload(1000)]])).toEqual(["SHOULD close-code-changed"]);
    expect(verdict([frameStep(CLOSE, closePayload(2000))], [[CLOSE, closePayload(2000)]])).toEqual([
      "tolerated sent:close-code-unassigned",
      "tolerated accepts:close-code-unassigned",
    ]);
    expect(verdict([frameStep(TEXT, "a", { lengthForm: 64 })], [[TEXT, "a"], bye])).toEqual(["tolerated accepts:non-minimal-length"]);
  });
  it("tells failing on the way to the goodbye from answering it, and knows which codes came late", () => {
    expect(verdict([frameStep(PONG)], [[CLOSE, closePayload(1002)]])).toEqual(["MUST failed-legal"]);
    expect(verdict([frameStep(CLOSE, closePayload(1014))], [[CLOSE, closePayload(1002)]])).toEqual(["tolerated rejects-registered-code"]);
    expect(verdict([frameStep(CLOSE, closePayload(3000))], [[CLOSE, closePayload(1002)]])).toEqual(["MUST failed-legal"]);
  });
  it("lets a Pong overtake what is found by looking into a message, if the connection is failed then", () => {
    expect(
      verdict(
        [frameStep(TEXT, fromHex("ff")), frameStep(PING, "p")],
        [
          [PONG, "p"],
          [CLOSE, closePayload(1007)],
        ],
      ),
    ).toEqual([]);
    expect(verdict([frameStep(TEXT, fromHex("ff")), frameStep(PING, "p")], [[PONG, "p"]], { ended: "open" })).toEqual([
      "MUST accepts:utf8",
    ]);
    expect(
      verdict(
        [frameStep(3), frameStep(PING, "p")],
        [
          [PONG, "p"],
          [CLOSE, closePayload(1002)],
        ],
      ),
    ).toEqual(["MUST accepts:opcode"]);
  });
  it("takes an answer to a bad Close that only a good one gets for acceptance", () => {
    expect(verdict([frameStep(CLOSE, closePayload(1000), { rsv: 1 })], [[CLOSE, closePayload(1000)]])).toEqual(["MUST accepts:rsv"]);
    expect(verdict([frameStep(CLOSE, closePayload(1000), { rsv: 1 })], [[CLOSE, closePayload(1002)]])).toEqual([]);
  });
  it("has no judgement without a connection, and of small limits", () => {
    expect(
      judgeTranscript(
        { steps: [] },
        {
          target: "server",
          requestBytes: request,
          responseBytes: response,
          received: new Uint8Array(0),
          ended: "open",
          wrote: 0,
          closedTcp: false,
          timedOut: false,
          duration: 0,
          error: "refused",
        },
      ),
    ).toEqual({ deviations: [], inconclusive: "refused" });
    const whole = completedSession({ steps: [frameStep(TEXT, filledBytes(200))] }, "server", {});
    expect(
      judgeTranscript(whole, {
        target: "server",
        requestBytes: request,
        responseBytes: response,
        received: writeFrame({ fin: true, rsv: 0, opcode: 8, payload: closePayload(1009) }),
        ended: "fin",
        wrote: 0,
        closedTcp: false,
        timedOut: false,
        duration: 0,
      }).inconclusive,
    ).toMatch(/1009/);
  });
});

describe("sessions as data", () => {
  for (const area of AREAS) {
    it(`come back from JSON: ${area}`, () => {
      fc.assert(
        fc.property(session(area, "server"), (each) => {
          const again = sessionFromJson(JSON.parse(JSON.stringify(sessionToJson(each))));
          expect(sessionToJson(again)).toEqual(sessionToJson(each));
          expect(toHex(planOf(again.steps, "server").bytes)).toBe(toHex(planOf(each.steps, "server").bytes));
        }),
        { numRuns: 60, seed: 7 },
      );
    });
  }
  it("are refused when they are something else", () => {
    expect(() => sessionFromJson({})).toThrow(TypeError);
    expect(() => sessionFromJson({ steps: [{ kind: "dance" }] })).toThrow(TypeError);
    expect(() => sessionFromJson({ steps: [{ kind: "bytes", bytes: "xyz" }] })).toThrow(TypeError);
  });
});

describe("shrinking", () => {
  it("finds the one frame among 200, with the one byte that matters", async () => {
    const steps = Array.from({ length: 200 }, (_, index) =>
      frameStep(index % 3 === 0 ? PING : BINARY, filledBytes(index % 50, index), { maskingKey: index + 1 }),
    );
    steps[137] = frameStep(BINARY, fromHex("00112233445566ff77"), { maskingKey: 99 });
    const fails = (each: Session): Promise<boolean> =>
      Promise.resolve(each.steps.some((step) => step.kind === "frame" && step.opcode === BINARY && step.payload.includes(0xff)));
    const result = await shrinkSession({ steps, cuts: 3, gap: 1 }, fails);
    expect(result.complete).toBe(true);
    expect(result.session).toEqual({ steps: [frameStep(BINARY, fromHex("ff"))] });
    expect(result.tried).toBeLessThan(200);
  });
  it("stops when nothing can be tried any more", async () => {
    const result = await shrinkSession({ steps: [frameStep(TEXT, "abc"), frameStep(TEXT, "abc")] }, () => Promise.resolve(undefined));
    expect(result).toMatchObject({ complete: false, tried: 1 });
  });
});
