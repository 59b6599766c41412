import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import { sameInAnyChunks } from "../../codec/test/chunking.ts";
import type { EngineOptions } from "../src/index.ts";
import { client, closePayload, eventsOf, expectFail, hex, masked, received, server, toHex, unmasked } from "./connection-support.ts";
import { ofEngine } from "./receivers.ts";

interface Vector {
  readonly rule: string;
  readonly bytes: Uint8Array;
  readonly events: readonly string[];
  readonly output?: string;
}

function all(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const toServer: Vector[] = [
  { rule: "§5.7 a single-frame masked text message", bytes: hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), events: ['TEXT "Hello"'] },
  {
    rule: "§5.5.2 a Ping is answered by a Pong with the same payload",
    bytes: hex("89 85 37 fa 21 3d 7f 9f 4d 51 58"),
    events: ["PING 48 65 6c 6c 6f"],
    output: "8a 05 48 65 6c 6c 6f",
  },
  { rule: "§5.7 a masked Pong response, unsolicited here (§5.5.3)", bytes: hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), events: ["PONG 0"] },
  {
    rule: "§5.4 a fragmented message with a Ping between its fragments",
    bytes: all(
      masked(Opcode.TEXT, "Hel", { fin: false }),
      masked(Opcode.PING, "x"),
      masked(Opcode.CONTINUATION, "", { fin: false }),
      masked(Opcode.CONTINUATION, "lo"),
    ),
    events: ["PING 78", 'TEXT "Hello"'],
    output: "8a 01 78",
  },
  {
    rule: "§5.6 an empty text and an empty binary message",
    bytes: all(masked(Opcode.TEXT), masked(Opcode.BINARY)),
    events: ['TEXT ""', "BINARY "],
  },
  {
    rule: "§5.5.1 Close is answered with its status code and reason, and what follows it is ignored",
    bytes: all(
      masked(Opcode.TEXT, "a"),
      masked(Opcode.CLOSE, closePayload(3001, "bye")),
      masked(Opcode.TEXT, "b"),
      masked(Opcode.PING, "c"),
      hex("ff ff"),
    ),
    events: ['TEXT "a"', 'CLOSING 3001 "bye"'],
    output: "88 05 0b b9 62 79 65",
  },
  {
    rule: "§7.1.5 a Close without a status code means 1005, and is answered without one",
    bytes: masked(Opcode.CLOSE),
    events: ['CLOSING 1005 ""'],
    output: "88 00",
  },
  {
    rule: "§5.1 an unmasked frame from a client fails with 1002",
    bytes: hex("81 05 48 65 6c 6c 6f"),
    events: ["FAILED MASK_MISSING"],
    output: `88 0e 03 ea ${toHex(new TextEncoder().encode("MASK_MISSING"))}`,
  },
  {
    rule: "§5.4 rejects a text frame inside a fragmented message",
    bytes: all(masked(Opcode.TEXT, "a", { fin: false }), masked(Opcode.TEXT, "b")),
    events: ["FAILED CONTINUATION_EXPECTED"],
  },
  {
    rule: "§8.1 text that is not UTF-8 fails with 1007",
    bytes: all(masked(Opcode.BINARY, Uint8Array.of(0xff)), masked(Opcode.TEXT, Uint8Array.of(0xff))),
    events: ["BINARY ff", "FAILED INVALID_UTF8"],
  },
  { rule: "§5.5.1 a Close with one byte fails", bytes: masked(Opcode.CLOSE, Uint8Array.of(3)), events: ["FAILED CLOSE_PAYLOAD_TOO_SHORT"] },
  { rule: "§7.4.1 a Close with 1006 fails", bytes: masked(Opcode.CLOSE, closePayload(1006)), events: ["FAILED CLOSE_CODE_INVALID"] },
  { rule: "§5.2 RSV1 without an extension fails", bytes: masked(Opcode.TEXT, "a", { rsv: 4 }), events: ["FAILED RESERVED_BITS"] },
];

describe("the server's engine, at every chunk size", () => {
  it.each(toServer)("$rule", ({ bytes, events, output }) => {
    const said = sameInAnyChunks(bytes, () => ofEngine(server()));
    expect(said.events).toEqual(events);
    if (output !== undefined) expect(said.output).toBe(output);
    else if (!events.at(-1)!.startsWith("FAILED")) expect(said.output).toBe("");
  });
});

const toClient: Vector[] = [
  { rule: "§5.7 a single-frame unmasked text message", bytes: hex("81 05 48 65 6c 6c 6f"), events: ['TEXT "Hello"'] },
  { rule: "§5.7 a fragmented unmasked text message", bytes: hex("01 03 48 65 6c 80 02 6c 6f"), events: ['TEXT "Hello"'] },
  {
    rule: "§5.5.2 a Ping is answered, masked (§5.3)",
    bytes: hex("89 05 48 65 6c 6c 6f"),
    events: ["PING 48 65 6c 6c 6f"],
    output: "8a 85 37 fa 21 3d 7f 9f 4d 51 58",
  },
  { rule: "§5.1 a masked frame from a server fails with 1002", bytes: masked(Opcode.TEXT, "a"), events: ["FAILED MASK_UNEXPECTED"] },
  {
    rule: "§5.5.1 a Close is answered, masked (§5.3)",
    bytes: unmasked(Opcode.CLOSE, closePayload(1000)),
    events: ['CLOSING 1000 ""'],
    output: "88 82 37 fa 21 3d 34 12",
  },
];

describe("the client's engine, at every chunk size", () => {
  it.each(toClient)("$rule", ({ bytes, events, output }) => {
    const said = sameInAnyChunks(bytes, () => ofEngine(client()));
    expect(said.events).toEqual(events);
    if (output !== undefined) expect(said.output).toBe(output);
  });
});

describe("options of receiving", () => {
  it("streaming delivers pieces, with text cut between characters", () => {
    const engine = server({ streaming: true });
    const bytes = all(masked(Opcode.TEXT, "h\u00e9", { fin: false }), masked(Opcode.CONTINUATION, "y"), masked(Opcode.BINARY, "z"));
    expect(received(engine, bytes)).toEqual(['CHUNK first "hé"', 'CHUNK last "y"', "CHUNK first last 7a"]);
  });

  it("borrow delivers views into what was received, otherwise payloads are copies", () => {
    for (const borrow of [true, false]) {
      const engine = server({ borrow });
      const chunk = masked(Opcode.BINARY, "abc");
      engine.receive(chunk);
      engine.poll();
      expect(toHex(engine.payload)).toBe("61 62 63");
      expect(engine.payload.buffer === chunk.buffer).toBe(borrow);
    }
  });

  it("holds on to no message when there is nothing left to show", () => {
    const engine = server();
    received(engine, masked(Opcode.TEXT, "secret"), masked(Opcode.BINARY, "secret"));
    expect(engine.text).toBe("");
    expect(engine.payload).toHaveLength(0);
  });

  it("polling may stop in mid-chunk; further chunks and the FIN wait their turn", () => {
    const engine = server();
    engine.receive(all(masked(Opcode.TEXT, "1"), masked(Opcode.TEXT, "2")));
    engine.poll();
    expect(engine.wantsInput).toBe(false);
    engine.receive(masked(Opcode.TEXT, "3"));
    engine.receive(masked(Opcode.TEXT, "4"));
    engine.receiveEnd();
    expect(engine.state).toBe("open");
    expect(eventsOf(engine)).toEqual(['TEXT "2"', 'TEXT "3"', 'TEXT "4"', 'CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
  });

  it("a transport's buffer may be reused in mid-chunk after retain", () => {
    const engine = server();
    const chunk = all(masked(Opcode.TEXT, "1"), masked(Opcode.TEXT, "2"), masked(Opcode.TEXT, "3").subarray(0, 4));
    engine.receive(chunk);
    engine.poll();
    engine.retain();
    chunk.fill(0xdd);
    expect(eventsOf(engine)).toEqual(['TEXT "2"']);
    engine.receive(masked(Opcode.TEXT, "3").subarray(4));
    expect(eventsOf(engine)).toEqual(['TEXT "3"']);
  });

  it("chunks given to an engine that is not polled are bounded by maxBufferedBytes", () => {
    const engine = server({ limits: { maxBufferedBytes: 20 } });
    for (let i = 0; i < 4; i++) engine.receive(masked(Opcode.TEXT, "1"));
    expect(eventsOf(engine)).toEqual(["FAILED BUFFER_OVERFLOW", 'CLOSED 1006 "" unclean local BUFFER_OVERFLOW']);
  });

  it("and count no longer when they have been looked at", () => {
    const engine = server({ limits: { maxBufferedBytes: 20 } });
    for (let i = 0; i < 10; i++) {
      engine.receive(masked(Opcode.TEXT, "1"));
      engine.receive(masked(Opcode.TEXT, "2"));
      expect(eventsOf(engine)).toEqual(['TEXT "1"', 'TEXT "2"']);
    }
  });

  it.each([
    ["maxMessageBytes", { maxMessageBytes: 3 }, masked(Opcode.BINARY, "abcd"), 1009],
    [
      "maxMessageBytes over fragments",
      { maxMessageBytes: 3 },
      all(masked(Opcode.BINARY, "ab", { fin: false }), masked(Opcode.CONTINUATION, "cd")),
      1009,
    ],
    ["maxFrameBytes", { maxFrameBytes: 3 }, masked(Opcode.BINARY, "abcd"), 1009],
    [
      "maxFragments",
      { maxFragments: 2 },
      all(masked(Opcode.TEXT, "", { fin: false }), masked(Opcode.CONTINUATION, "", { fin: false }), masked(Opcode.CONTINUATION)),
      1008,
    ],
  ])("§10.4 %s fails the connection", (_name, limits, bytes, closeCode) => {
    const engine = server({ limits });
    expect(received(engine, bytes)).toEqual([`FAILED ${engine.error!.code}`]);
    expectFail(engine, closeCode);
  });
});

describe("construction", () => {
  it("§5.3 a client without a source of masking keys is a TypeError, a server needs none", () => {
    expect(() => client({ randomUint32: undefined })).toThrow(TypeError);
    expect(() => server()).not.toThrow();
  });

  const amounts: Record<string, (amount: number) => Partial<EngineOptions>> = {
    maxMessageBytes: (maxMessageBytes) => ({ limits: { maxMessageBytes } }),
    maxFragments: (maxFragments) => ({ limits: { maxFragments } }),
    maxFrameBytes: (maxFrameBytes) => ({ limits: { maxFrameBytes } }),
    maxBufferedBytes: (maxBufferedBytes) => ({ limits: { maxBufferedBytes } }),
    maxPendingPings: (maxPendingPings) => ({ limits: { maxPendingPings } }),
    closeTimeout: (closeTimeout) => ({ closeTimeout }),
    "keepAlive.interval": (interval) => ({ keepAlive: { interval } }),
    "keepAlive.timeout": (timeout) => ({ keepAlive: { interval: 1, timeout } }),
  };

  it.each(Object.entries(amounts))("%s: an amount that is none is a RangeError that names it", (name, option) => {
    for (const wrong of [-1, NaN, Infinity, 2 ** 53, "5" as unknown as number])
      expect(() => server(option(wrong))).toThrow(new RangeError(`${name} must be a number from 0 to 2^53-1, not ${wrong}`));
    for (const right of [0.5, 1, Number.MAX_SAFE_INTEGER]) expect(() => server(option(right))).not.toThrow();
    if (name.startsWith("keepAlive.")) expect(() => server(option(0))).toThrow(new RangeError(`${name} must be above 0`));
    else expect(() => server(option(0))).not.toThrow();
  });

  it("a role that is none is a TypeError", () => {
    expect(() => server({ role: "peer" as "server" })).toThrow(TypeError);
  });
});
