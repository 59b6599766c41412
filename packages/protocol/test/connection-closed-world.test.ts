import { Opcode, ProtocolError } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cutAt, places, sameInAnyChunks } from "../../codec/test/chunking.ts";
import {
  ConnectionFailure,
  CONNECTION_FAILURE_CODES,
  EngineEvent,
  type ConnectionEngine,
  type TransformFailure,
  type TransformWork,
} from "../src/index.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { anyText, client, joined, masked, server, unmasked } from "./connection-support.ts";
import { ofEngine } from "./receivers.ts";

const RUNS = Number(process.env["FAST_CHECK_RUNS"] ?? 300);

/** Bytes that are frames, nearly frames, and no frames at all. */
function anyBytes(role: "client" | "server"): fc.Arbitrary<Uint8Array> {
  const encode = role === "server" ? masked : unmasked;
  const opcode = fc.constantFrom(...Object.values(Opcode), 3, 11);
  const frame = fc
    .tuple(
      fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...Object.values(Opcode)) }, opcode),
      fc.uint8Array({ maxLength: 140 }),
      fc.boolean(),
      fc.constantFrom(0, 0, 0, 4, 1),
    )
    .map(([code, payload, fin, rsv]) => encode(code, payload, { fin, rsv }));
  const text = fc
    .tuple(fc.constantFrom(Opcode.TEXT, Opcode.CONTINUATION), anyText, fc.boolean())
    .map(([code, payload, fin]) => encode(code, payload, { fin }));
  const close = fc
    .tuple(fc.integer({ min: 900, max: 5100 }), fc.string())
    .map(([code, reason]) => encode(Opcode.CLOSE, Uint8Array.of(code >>> 8, code & 255, ...Buffer.from(reason.slice(0, 100)))));
  const noise = fc.uint8Array({ maxLength: 40 });
  const flipped = fc
    .tuple(frame, fc.nat(), fc.nat(255))
    .map(([bytes, at, bits]) => bytes.map((octet, index) => (index === at % bytes.length ? octet ^ bits : octet)));
  return fc
    .array(fc.oneof({ weight: 4, arbitrary: frame }, { weight: 3, arbitrary: text }, close, noise, flipped), { maxLength: 20 })
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
}

const anyOptions = fc.record({
  streaming: fc.boolean(),
  borrow: fc.boolean(),
  transform: fc.constantFrom(undefined, "at once", "at work"),
  limits: fc.constantFrom(
    {},
    { maxMessageBytes: 100 },
    { maxFragments: 2 },
    { maxFrameBytes: 50 },
    { maxBufferedBytes: 500 },
    { maxPendingPings: 1 },
  ),
});

/** What a program says to some messages. */
function answer(engine: ConnectionEngine, event: EngineEvent): void {
  if (event === EngineEvent.TEXT) engine.sendText(engine.text);
  if (event === EngineEvent.BINARY) engine.sendBinary(engine.payload, true);
  if (event === EngineEvent.PONG) engine.ping();
}

/** Pulls everything, finishing work, and counts the events. */
function pollAll(engine: ConnectionEngine, transform: FakeTransform | undefined, see: (event: EngineEvent) => void): void {
  for (let event = engine.poll(); event !== EngineEvent.NONE; event = engine.poll()) {
    see(event);
    if (event === EngineEvent.WORK) engine.completeWork(engine.work!.id, transform!.finish(engine.work!));
  }
}

describe.each(["server", "client"] as const)("any bytes for the %s", (role) => {
  it("give events or a documented error, never throw, and always end", () => {
    fc.assert(
      fc.property(anyBytes(role), places, anyOptions, fc.boolean(), (bytes, at, { transform: way, ...options }, answers) => {
        const transform = way && new FakeTransform(() => way === "at once", 5);
        const engine = role === "server" ? server({ ...options, transform }) : client({ ...options, transform });
        let events = 0;
        let closed = 0;
        const see = (event: EngineEvent): void => {
          events++;
          if (closed > 0) expect.unreachable("an event after CLOSED");
          if (event === EngineEvent.CLOSED) closed++;
          if (event === EngineEvent.FAILED)
            expect(engine.error instanceof ProtocolError || CONNECTION_FAILURE_CODES.includes(engine.error!.code as "ABORTED")).toBe(true);
          // What a program does meanwhile makes no difference to that.
          if (!answers) return;
          if (events % 2 === 0) engine.sendText("x".repeat(events));
          else engine.sendBinary(new Uint8Array(events));
        };
        for (const chunk of cutAt(bytes, at)) {
          engine.receive(chunk);
          pollAll(engine, transform, see);
          engine.takeOutput();
        }
        engine.receiveEnd();
        pollAll(engine, transform, see);
        engine.takeOutput();
        engine.outputTaken();
        pollAll(engine, transform, see);
        expect(closed).toBe(1);
        // Every event takes at least a byte, and so does every item of work; the ends are a few more.
        if (!answers) expect(events).toBeLessThanOrEqual(2 * bytes.length + 3);
        expect(engine.closed!.wasClean).toBe(engine.closed!.error === undefined);
      }),
      { numRuns: RUNS },
    );
  });

  it("give the same events, output and end in any chunks, and fail at the same byte", () => {
    fc.assert(
      fc.property(anyBytes(role), places, anyOptions, fc.boolean(), fc.boolean(), (bytes, at, { transform, ...options }, answers, late) => {
        sameInAnyChunks(
          bytes,
          () => {
            const fresh = transform && new FakeTransform(() => transform === "at once", 5);
            const all = { ...options, transform: fresh };
            const engine = role === "server" ? server(all) : client(all);
            const finishWork = (work: TransformWork): Uint8Array | TransformFailure => fresh!.finish(work);
            // What a program sends at a Ping would depend on when its work is finished.
            return ofEngine(engine, { finishWork, finishLate: late && !answers, program: answers ? answer : undefined });
          },
          at,
        );
      }),
      { numRuns: RUNS },
    );
  });
});

it("all failures are documented: stable codes, a section, a close code", () => {
  for (const code of CONNECTION_FAILURE_CODES) {
    const failure = new ConnectionFailure(code, "why");
    expect([failure.code, failure.name, failure.cause]).toEqual([code, "ConnectionFailure", "why"]);
    expect(failure.section).toMatch(/^RFC \d+ §\d/);
    expect([1006, 1011]).toContain(failure.closeCode);
    expect(new ConnectionFailure(code)).not.toHaveProperty("cause");
  }
});

describe("frames by the thousand", () => {
  const FRAMES = 50_000;

  it.each([
    ["messages", Array.from({ length: FRAMES }, () => masked(Opcode.BINARY, "x")), FRAMES],
    ["empty messages", Array.from({ length: FRAMES }, () => masked(Opcode.TEXT)), FRAMES],
    ["pings", Array.from({ length: FRAMES }, () => masked(Opcode.PING)), FRAMES],
    [
      "empty fragments of one message",
      [
        masked(Opcode.TEXT, "", { fin: false }),
        ...Array.from({ length: FRAMES }, () => masked(Opcode.CONTINUATION, "", { fin: false })),
        masked(Opcode.CONTINUATION),
      ],
      1,
    ],
  ])("%s in one chunk", (_name, frames, events) => {
    const engine = server();
    engine.receive(joined(frames));
    let count = 0;
    while (engine.poll() !== EngineEvent.NONE) count++;
    expect(engine.error).toBeUndefined();
    expect(count).toBe(events);
  });
});

describe("time is linear in the input", () => {
  /** The exponent of the time's growth from n to 8n, each at its best of a few runs: other work on the machine only adds. */
  function exponent(run: (n: number) => void, n: number): number {
    const time = (size: number): number => {
      let best = Infinity;
      for (let i = 0; i < 4; i++) {
        // Time: compared with that of another size, in the same run.
        const start = performance.now();
        run(size);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    run(n);
    return Math.log(time(8 * n) / time(n)) / Math.log(8);
  }

  function poll(engine: ConnectionEngine): void {
    while (engine.poll() !== EngineEvent.NONE);
  }

  const message = masked(Opcode.BINARY, "x");
  const many = (frame: Uint8Array, count: number): Uint8Array => {
    const bytes = new Uint8Array(frame.length * count);
    for (let i = 0; i < count; i++) bytes.set(frame, i * frame.length);
    return bytes;
  };

  it.each<[string, (n: number) => void]>([
    [
      "messages in one chunk",
      (n) => {
        const engine = server();
        engine.receive(many(message, n));
        poll(engine);
      },
    ],
    [
      "bytes one at a time",
      (n) => {
        const engine = server();
        for (const octet of many(message, n)) {
          engine.receive(Uint8Array.of(octet));
          poll(engine);
        }
      },
    ],
    [
      "fragments of one byte",
      (n) => {
        const engine = server({ limits: { maxFragments: 1e6 } });
        engine.receive(many(masked(Opcode.BINARY, "x", { fin: false }), 1));
        poll(engine);
        engine.receive(many(masked(Opcode.CONTINUATION, "x", { fin: false }), n));
        poll(engine);
      },
    ],
    [
      "chunks given before anything is polled",
      (n) => {
        const engine = server();
        for (let i = 0; i < n; i++) engine.receive(message.slice());
        poll(engine);
      },
    ],
    [
      "messages that wait behind work",
      (n) => {
        const engine = server({ transform: new FakeTransform(() => false) });
        engine.receive(joined([masked(Opcode.BINARY, Uint8Array.of(0), { rsv: 4 })]));
        poll(engine);
        engine.receive(many(message, n));
        poll(engine);
        engine.completeWork(1, new Uint8Array(0));
        poll(engine);
      },
    ],
    [
      "messages sent behind work",
      (n) => {
        const engine = server({ transform: new FakeTransform(() => false, 1), limits: { maxBufferedBytes: 1e9 } });
        engine.sendText("work");
        for (let i = 0; i < n; i++) engine.sendText("");
        engine.completeWork(1, new Uint8Array(0));
        engine.takeOutput();
      },
    ],
    [
      "pings that wait for their answers",
      (n) => {
        const engine = server({ limits: { maxPendingPings: 64 } });
        for (let i = 0; i < n / 64; i++) {
          for (let j = 0; j < 64; j++) engine.ping();
          engine.takeOutput();
          engine.receive(masked(Opcode.PONG, Uint8Array.of(0, 0, ((i + 1) * 64) >>> 8, (i + 1) * 64)));
          poll(engine);
        }
      },
    ],
    [
      "small messages sent",
      (n) => {
        const engine = server({ limits: { maxBufferedBytes: 1e9 } });
        for (let i = 0; i < n; i++) engine.sendText("message");
        engine.takeOutput();
      },
    ],
  ])("%s", (_name, run) => {
    // Quadratic would be 2, every time.
    let best = Infinity;
    for (let i = 0; i < 10 && best >= 1.6; i++) best = Math.min(best, exponent(run, 1500));
    expect(best).toBeLessThan(1.6);
  });
});
