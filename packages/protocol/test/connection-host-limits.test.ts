// A host's longest string and array may be below the program's limits. What a peer sends then fails the connection with 1009; what the program sends is a RangeError, and the connection goes on.
import { Opcode, utf8, type Utf8 } from "@ws/codec";
import { afterEach, describe, expect, it, vi } from "vitest";

import { createPakoZlib } from "../src/deflate/pako.ts";
import { EngineEvent, prepareMessage, type ConnectionEngine, type MessageTransform } from "../src/index.ts";
import { createDeflateExtension, DeflateContexts } from "../src/deflate/index.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { client, eventsOf, masked, outputOf, received, server, toHex } from "./connection-support.ts";
import { noise } from "./deflate/checks.ts";
import { listOf } from "./extension-lists.ts";

/** A host whose strings have at most so many characters. */
function shortStrings(longest: number): Utf8 {
  return {
    ...utf8,
    decode(bytes, start, end) {
      if (end - start > longest) throw new Error("Cannot create a string longer than that");
      return utf8.decode(bytes, start, end);
    },
  };
}

afterEach(() => void vi.unstubAllGlobals());

/** No array of more than so many bytes can be had. */
function limitMemory(largest: number): void {
  vi.stubGlobal(
    "Uint8Array",
    new Proxy(Uint8Array, {
      construct(target, args: unknown[], newTarget) {
        if (typeof args[0] === "number" && args[0] > largest) throw new RangeError("Array buffer allocation failed");
        return Reflect.construct(target, args, newTarget) as object;
      },
    }),
  );
}

const long = "a".repeat(100);

describe("received", () => {
  it("a text too long for a string of the host: 1009", () => {
    expect(received(server({ utf8: shortStrings(99) }), masked(Opcode.TEXT, long))).toEqual(["FAILED MESSAGE_TOO_BIG"]);
  });

  it.each([
    ["at once", false],
    ["as work", true],
  ])("…and one that an extension made (%s)", (_name, later) => {
    const transform = new FakeTransform(() => !later);
    const engine = server({ utf8: shortStrings(99), transform });
    engine.receive(masked(Opcode.TEXT, `\0${long}`, { rsv: 4 }));
    if (later) {
      expect(engine.poll()).toBe(EngineEvent.WORK);
      engine.completeWork(engine.work!.id, transform.finish(engine.work!));
    }
    expect(eventsOf(engine)).toEqual(["FAILED MESSAGE_TOO_BIG"]);
    expect(engine.error!.closeCode).toBe(1009);
  });

  it("a compressed message in fragments that there is no memory for: 1009", () => {
    const engine = server({ transform: new FakeTransform() });
    const half = new Uint8Array(60_000);
    const frames = [masked(Opcode.BINARY, half, { fin: false, rsv: 4 }), masked(Opcode.CONTINUATION, half)];
    limitMemory(100_000);
    expect(received(engine, ...frames)).toEqual(["FAILED MESSAGE_TOO_BIG"]);
  });

  it("a message that there is no memory for once it is inflated: 1009", () => {
    const extension = createDeflateExtension(new DeflateContexts(createPakoZlib()), { threshold: 0 });
    const transform = (): MessageTransform => extension.accept(listOf("permessage-deflate"))!.transform;
    const sender = client({ transform: transform() });
    sender.sendBinary(new Uint8Array(300_000));
    const bytes = outputOf(sender);
    const engine = server({ transform: transform() });
    limitMemory(250_000);
    expect(received(engine, bytes)).toEqual(["FAILED MESSAGE_TOO_BIG"]);
  });
});

describe("sent", () => {
  /** What this throws while there is no memory. */
  function refused(send: () => unknown): unknown {
    limitMemory(280_000);
    try {
      send();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      vi.unstubAllGlobals();
    }
  }

  const text = "a".repeat(300_000);
  const bytes = new Uint8Array(300_000);

  it.each([
    ["a text", (engine: ConnectionEngine): unknown => engine.sendText(text)],
    ["bytes that are copied", (engine: ConnectionEngine): unknown => engine.sendBinary(bytes, true)],
    ["a fragment", (engine: ConnectionEngine): unknown => engine.sendChunk(`${text}\ud83d`, false)],
  ])("%s that there is no memory for is a RangeError, and the connection goes on", (name, send) => {
    const engine = server();
    if (name === "a fragment") engine.beginMessage(Opcode.TEXT);
    const error = refused(() => send(engine));
    expect(error).toBeInstanceOf(RangeError);
    expect((error as RangeError).message).toMatch(/30\d\d\d\d bytes/);
    if (name === "a fragment") expect(engine.sendChunk("x", true)).toBe(0);
    else expect(engine.sendText("x")).toBe(0);
    expect(toHex(outputOf(engine))).toBe("81 01 78");
    expect(received(engine, masked(Opcode.TEXT))).toEqual(['TEXT ""']);
  });

  it("a compressed message that there is no memory for is work that fails", async () => {
    const pause = (): Promise<void> => Promise.resolve();
    const extension = createDeflateExtension(new DeflateContexts({ ...createPakoZlib(), pause }), { threshold: 0 });
    const { transform } = extension.accept(listOf("permessage-deflate"))!;
    const engine = server({ transform });
    engine.sendBinary(noise(400_000));
    expect(engine.poll()).toBe(EngineEvent.WORK);
    limitMemory(280_000);
    await expect(transform.run(engine.work!)).rejects.toThrow(/this host has no room for the compressed message/);
  });

  it("with an extension as well", () => {
    const engine = server({ transform: new FakeTransform() });
    expect(refused(() => engine.sendText(text))).toBeInstanceOf(RangeError);
    expect(engine.sendText("x")).toBe(0);
    expect(toHex(outputOf(engine))).toBe("c1 02 00 78");
  });

  it("and when it is prepared", () => {
    expect(refused(() => prepareMessage(text))).toBeInstanceOf(RangeError);
  });
});
