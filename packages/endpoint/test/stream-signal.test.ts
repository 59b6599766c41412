/** `sendStream` given up by a signal, in every state that it can be in, and its promise when nobody keeps it. */
import { Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { countedSignal } from "../../contract/src/counted-signal.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

/** A source that gives these pieces and then hangs, even in return(). */
function hangingAfter(...pieces: (string | Uint8Array)[]) {
  const source = {
    returned: 0,
    asked: 0,
    [Symbol.asyncIterator]: () => ({
      next(): Promise<IteratorResult<string | Uint8Array>> {
        const value = pieces[source.asked++];
        return value === undefined ? new Promise(() => undefined) : Promise.resolve({ done: false, value });
      },
      return: () => (source.returned++, new Promise<never>(() => undefined)),
    }),
  };
  return source;
}

const opcodes = ({ peer }: RawConnection): number[] => peer.takeFrames("client").map(({ opcode }) => opcode);

/** What a state is made by; whether the message has begun in it, and how many pieces were asked for. */
const states: Record<
  string,
  { pieces: (string | Uint8Array)[]; prepare?: (raw: RawConnection) => () => void; begun: boolean; asked: number }
> = {
  "the first piece": { pieces: [], begun: false, asked: 1 },
  "its turn": {
    pieces: ["never"],
    prepare: ({ connection }) => {
      const writer = connection.beginMessage("text")!;
      return () => writer.end();
    },
    begun: false,
    asked: 0,
  },
  "a further piece": { pieces: ["begun"], begun: true, asked: 2 },
  room: {
    pieces: ["begun", "never"],
    prepare: ({ connection, peer }) => {
      peer.transport.pause();
      connection.send(new Uint8Array(500_000));
      return () => peer.transport.resume();
    },
    begun: true,
    asked: 1,
  },
};

describe("aborted while it waits for", () => {
  test.each(Object.keys(states))("%s, it rejects at once with the reason, and lets the source and the signal go", async (state) => {
    const { pieces, prepare, begun, asked } = states[state]!;
    const raw = await openRaw({}, {});
    const { connection } = raw;
    const counted = countedSignal();
    const source = hangingAfter(...pieces);
    const leaveState = prepare?.(raw);
    const sending = connection.sendStream(source, { signal: counted.signal });
    expect(connection.send("behind")).not.toBe("closing");
    await settle();
    expect([counted.listeners, source.asked]).toEqual([1, asked]);
    const reason = new Error("enough");
    counted.abort(reason);
    await expect(sending).rejects.toBe(reason);
    expect([counted.listeners, source.returned, source.asked]).toEqual([0, 1, asked]);
    expect(connection.state).toBe(begun ? "closing" : "open");
    leaveState?.();
    await raw.clock.advance(0);
    const before = { "its turn": [Opcode.TEXT], room: [Opcode.BINARY] }[state] ?? [];
    expect(opcodes(raw)).toEqual([...before, Opcode.TEXT, ...(begun ? [Opcode.CLOSE] : [])]);
    if (!begun) {
      // What comes next is as if it had never been.
      expect(await connection.sendStream(["a", "b"], { signal: countedSignal().signal })).toBe("ready");
      connection.close(1000);
      await settle();
      expect(opcodes(raw)).toEqual([Opcode.TEXT, Opcode.CONTINUATION, Opcode.CONTINUATION, Opcode.CLOSE]);
    }
    raw.peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
    raw.peer.transport.end();
    await raw.clock.advance(20_000);
    const closed = await connection.closed;
    expect(closed.wasClean).toBe(!begun);
    if (begun) expect([closed.error!.code, closed.error!.closeCode]).toEqual(["MESSAGE_BROKEN", 1011]);
    if (begun) expect((closed.error!.cause as Error).cause).toBe(reason);
    expect([raw.clock.pending, raw.group.deadlines.size]).toEqual([0, 0]);
  });
});

test("a signal that is aborted already: nothing is taken of the source, which is let go, and nothing is sent", async () => {
  const raw = await openRaw({}, {});
  const source = hangingAfter("never");
  const counted = countedSignal();
  counted.abort("before");
  await expect(raw.connection.sendStream(source, { signal: counted.signal })).rejects.toBe("before");
  expect([source.asked, source.returned, counted.listeners]).toEqual([0, 1, 0]);
  expect(raw.connection.beginMessage("text")!.end("next")).toBe("ready");
  await settle();
  expect(opcodes(raw)).toEqual([Opcode.TEXT]);
});

test("aborted by the source itself, between two pieces", async () => {
  const raw = await openRaw({}, {});
  const controller = new AbortController();
  let left = false;
  const source = function* () {
    try {
      yield "a";
      controller.abort("mine");
      yield "b";
      yield "c";
    } finally {
      left = true;
    }
  };
  await expect(raw.connection.sendStream(source(), { signal: controller.signal })).rejects.toBe("mine");
  await settle();
  expect([left, opcodes(raw)]).toEqual([true, [Opcode.TEXT, Opcode.CLOSE]]);
});

describe("not aborted in time,", () => {
  const ends: Record<string, { run: (raw: RawConnection) => unknown; source: () => unknown; settles: unknown }> = {
    "the message has ended": { run: () => undefined, source: () => ["whole"], settles: "ready" },
    "the source throws": {
      run: () => undefined,
      source: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("disk")) }) }),
      settles: new Error("disk"),
    },
    "the peer closes": {
      run: ({ peer }) => peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8")),
      source: () => hangingAfter("begun"),
      settles: "closing",
    },
    "the connection is lost": { run: ({ peer }) => peer.transport.destroy(), source: () => hangingAfter("begun"), settles: "closing" },
  };
  test.each(Object.keys(ends))("%s: nothing is left on the signal, which has no effect any more", async (end) => {
    const { run, source, settles } = ends[end]!;
    const raw = await openRaw({}, {});
    const counted = countedSignal();
    const sending = raw.connection.sendStream(source() as never, { signal: counted.signal });
    const behind = raw.connection.sendStream([], { signal: counted.signal });
    await settle();
    run(raw);
    const settled = await sending.catch((error: unknown) => error);
    expect(settled).toEqual(settles);
    await behind;
    expect(counted.listeners).toBe(0);
    const { state } = raw.connection;
    counted.abort();
    await settle();
    expect(raw.connection.state).toBe(state);
  });

  test("the peer's Close came first: its ending stays what it was", async () => {
    const endings: unknown[] = [];
    for (const aborts of [false, true]) {
      const raw = await openRaw({}, {});
      const counted = countedSignal();
      const sending = raw.connection.sendStream(hangingAfter("begun"), { signal: counted.signal });
      await settle();
      raw.peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
      // The pipe gives it in a microtask, in which nobody has learned of it yet.
      while (raw.connection.state === "open") await Promise.resolve();
      if (aborts) counted.abort("late");
      await sending.catch(() => undefined);
      raw.peer.transport.end();
      await raw.clock.advance(20_000);
      const { code, wasClean, initiator } = await raw.connection.closed;
      endings.push([code, wasClean, initiator]);
    }
    expect(endings[1]).toEqual(endings[0]);
  });
});

test("a promise that nobody keeps ends no process; a slip in the call is told to onError all the same", async () => {
  const told: unknown[] = [];
  const raw = await openRaw({ onError: (error) => void told.push(error) }, {});
  // An unhandled rejection fails the run.
  void raw.connection.sendStream(["never"], { signal: AbortSignal.abort("enough") });
  void raw.connection.sendStream({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("disk")) }) });
  await settle();
  expect(told).toEqual([]);
  const slips: [unknown, unknown, string][] = [
    [5, undefined, "sendStream takes an iterable of strings or bytes"],
    [undefined, {}, "sendStream takes an iterable of strings or bytes"],
    [["never"], { signal: new AbortController() }, "signal must be an AbortSignal, not an object"],
    [["never"], { type: "txt" }, 'type must be "text" or "binary", not "txt"'],
    [["never"], { sginal: undefined }, "there is no option sginal: did you mean signal?"],
    [["never"], AbortSignal.abort(), "the options must be an object, not a signal: did you mean { signal }?"],
    [["never"], "text", 'the options must be an object, not "text"'],
  ];
  for (const [chunks, options] of slips) void raw.connection.sendStream(chunks as never, options as never);
  await settle();
  expect(told.map(String)).toEqual(slips.map(([, , message]) => `TypeError: ${message}`));
  expect([raw.connection.state, raw.peer.take().length]).toEqual(["open", 0]);
});
