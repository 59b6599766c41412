/** Sessions of each area: mostly legal, some that end with one illegal thing. What is allowed then is the oracle's business. */
import fc, { type Arbitrary } from "fast-check";

import { concatBytes, filledBytes } from "../../wire/bytes.ts";
import { Opcode, RSV1 } from "../../wire/frame.ts";
import type { Area } from "../areas.ts";
import { closePayload, frameStep, type FrameStep, type Session, type Step, type TargetRole } from "../session.ts";
import { deflateOffer, illegalRequest, illegalResponse, legalRequest, legalResponse } from "./handshakes.ts";
import {
  invalidDeflatedPayload,
  chunking,
  compressedMessage,
  controlFrame,
  fragmentedMessage,
  illegalClosePayload,
  illegalFragments,
  illegalFrame,
  interleavedMessage,
  invalidUtf8Payload,
  legalClosePayload,
  legalSteps,
  maskingKey,
  messageFrame,
  nonMinimalFrame,
  utf8Payload,
} from "./parts.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING } = Opcode;
const AWAIT: Step = { kind: "await" };

const plain = (steps: Arbitrary<readonly Step[]>): Arbitrary<Session> => steps.map((all) => ({ steps: all }));

/** Legal steps, then perhaps one illegal thing, then perhaps more. `oneIn`: how rarely. */
function withEnd(legal: Arbitrary<Step[]>, end: Arbitrary<Step[]>, oneIn = 3): Arbitrary<Step[]> {
  const after = fc.constantFrom<Step[]>([], [], [frameStep(TEXT, "z")], [frameStep(PING, "z")]);
  const none = { weight: oneIn - 1, arbitrary: fc.constant(null) };
  return fc.tuple(legal, fc.oneof(none, { weight: 1, arbitrary: fc.tuple(fc.boolean(), end, after) })).map(([before, last]) => {
    if (last === null) return before;
    const [wait, bad, behind] = last;
    return [...before, ...(wait && before.length > 0 ? [AWAIT] : []), ...bad, ...behind];
  });
}

function badText(): Arbitrary<Step[]> {
  return fc.tuple(invalidUtf8Payload(), fc.option(fc.nat(100), { freq: 2 }), maskingKey()).map(([payload, cut, key]): FrameStep[] => {
    if (cut === null) return [frameStep(TEXT, payload, { maskingKey: key })];
    const at = cut % (payload.length + 1);
    return [
      frameStep(TEXT, payload.slice(0, at), { fin: false, maskingKey: key }),
      frameStep(CONTINUATION, payload.slice(at), { maskingKey: key }),
    ];
  });
}

const SESSIONS: Readonly<Record<Area, (target: TargetRole) => Arbitrary<Session>>> = {
  handshake: (target) =>
    target === "server"
      ? fc.oneof(legalRequest(), illegalRequest(), illegalRequest()).map((request) => ({ steps: [], request }))
      : fc
          .oneof(legalResponse(), illegalResponse(), illegalResponse())
          .map((response) => ({ steps: [frameStep(PING, "a"), frameStep(TEXT, "a")], response })),
  framing: () =>
    plain(
      withEnd(
        fc.array(fc.oneof(messageFrame(66_000), messageFrame(300), messageFrame(300), messageFrame(300), controlFrame()), { maxLength: 4 }),
        fc.oneof({ weight: 12, arbitrary: illegalFrame() }, { weight: 1, arbitrary: nonMinimalFrame() }).map((each) => [each]),
        8,
      ),
    ),
  segmentation: () =>
    fc.tuple(withEnd(legalSteps(3), fc.tuple(illegalFrame()), 4), chunking()).map(([steps, { cuts, gap }]) => ({ steps, cuts, gap })),
  fragmentation: () =>
    plain(
      withEnd(
        fc
          .array(
            fc.oneof(
              fragmentedMessage(),
              interleavedMessage(),
              messageFrame().map((each) => [each]),
            ),
            { maxLength: 3 },
          )
          .map((groups) => groups.flat()),
        illegalFragments(),
        2,
      ),
    ),
  control: () =>
    plain(
      withEnd(
        fc.array(fc.oneof(controlFrame(), controlFrame(), messageFrame(), fc.constant(AWAIT)), { maxLength: 6 }),
        illegalFrame()
          .filter((each) => each.opcode >= 8)
          .map((each) => [each]),
      ),
    ),
  utf8: () =>
    plain(
      withEnd(
        fc
          .array(
            fc.oneof(
              utf8Payload().map((payload) => [frameStep(TEXT, payload)]),
              fragmentedMessage(),
            ),
            { maxLength: 3 },
          )
          .map((groups) => groups.flat()),
        badText(),
        2,
      ),
    ),
  close: () =>
    plain(
      fc
        .tuple(
          legalSteps(2),
          fc.oneof(legalClosePayload(), illegalClosePayload()),
          fc.constantFrom<Step[]>([], [], [frameStep(TEXT, "z")], [frameStep(CLOSE)]),
        )
        .map(([before, payload, behind]) => [...before, ...(before.length > 0 ? [AWAIT] : []), frameStep(CLOSE, payload), ...behind]),
    ),
  types: () =>
    plain(
      fc
        .array(fc.oneof(messageFrame(), messageFrame(), fragmentedMessage()), { minLength: 1, maxLength: 5 })
        .map((groups) => groups.flat()),
    ),
  limits: () =>
    plain(
      fc.oneof(
        fc.integer({ min: 1, max: 400 }).map((times): Step[] => [frameStep(TEXT, "a", { times })]),
        fc
          .integer({ min: 1, max: 400 })
          .map((times): Step[] => [
            frameStep(TEXT, "", { fin: false }),
            frameStep(CONTINUATION, "", { fin: false, times }),
            frameStep(CONTINUATION, "a"),
          ]),
        fc.integer({ min: 1, max: 300 }).map((times): Step[] => [frameStep(PING, "a", { times }), frameStep(PING, "b")]),
        fc.integer({ min: 1, max: 60_000 }).map((length): Step[] => [frameStep(BINARY, filledBytes(length)), frameStep(TEXT, "a")]),
      ),
    ),
  negotiation: (target) =>
    target === "server"
      ? deflateOffer().map((extensions) => ({ steps: [frameStep(TEXT, "a")], extensions }))
      : deflateOffer().map((extensions) => ({ steps: [frameStep(PING, "a"), frameStep(TEXT, "a")], extensions })),
  compression: () => {
    const legal = fc
      .array(
        fc.oneof(
          { weight: 4, arbitrary: compressedMessage() },
          { weight: 1, arbitrary: messageFrame().map((each) => [each]) },
          { weight: 1, arbitrary: controlFrame().map((each) => [each]) },
        ),
        { maxLength: 4 },
      )
      .map((groups) => groups.flat());
    const bad = fc.oneof(
      invalidDeflatedPayload().map((payload): Step[] => [frameStep(BINARY, payload, { rsv: RSV1 })]),
      fc.constantFrom<Step[]>(
        [frameStep(PING, "", { rsv: RSV1 })],
        [frameStep(BINARY, "", { rsv: RSV1 | 2 })],
        [frameStep(BINARY, "a", { fin: false }), frameStep(CONTINUATION, "b", { rsv: RSV1 })],
      ),
    );
    return withEnd(legal, bad, 3).map((steps) => ({ steps, extensions: "permessage-deflate" }));
  },
  resilience: () =>
    plain(
      fc
        .tuple(
          legalSteps(2),
          fc.oneof(
            fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes): Step[] => [{ kind: "bytes", bytes }]),
            fc
              .tuple(messageFrame(), fc.nat(100))
              .map(([each, more]): Step[] => [{ ...each, declaredLength: BigInt(each.payload.length + 1 + more) }, { kind: "end" }]),
            fc.constantFrom<Step[]>([{ kind: "end" }], [{ kind: "reset" }], [frameStep(TEXT, "a", { fin: false }), { kind: "end" }]),
            fc.integer({ min: 1, max: 5 }).map((ms): Step[] => [{ kind: "pause", ms }, frameStep(TEXT, "a")]),
            fc.constant<Step[]>([frameStep(CLOSE, concatBytes([closePayload(1000), filledBytes(5)]))]),
          ),
        )
        .map(([before, end]) => [...before, ...end]),
    ),
};

/** One random session of an area for such a target. */
export function session(area: Area, target: TargetRole): Arbitrary<Session> {
  return SESSIONS[area](target);
}
