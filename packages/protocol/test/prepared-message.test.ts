/** A prepared message goes to many, so nobody can forge one or change what is in it. */
import { runInNewContext } from "node:vm";

import { expect, test } from "vitest";

import { prepareMessage, type PreparedMessage } from "../src/index.ts";
import { contentOf, isPrepared } from "../src/prepared-message.ts";
import { server } from "./connection-support.ts";

test("only what prepareMessage made is sent", () => {
  const frame = Uint8Array.of(0x81, 1, 65);
  const forged = [
    { frame },
    { opcode: 1, payload: frame, frame, variants: new Map() },
    Object.create(prepareMessage("A") as object),
    Object.create(Object.getPrototypeOf(prepareMessage("A"))),
    { ...prepareMessage("A") },
  ] as PreparedMessage[];
  const engine = server();
  for (const message of forged) {
    expect(isPrepared(message)).toBe(false);
    expect(() => engine.sendPrepared(message)).toThrow(/prepareMessage.*another copy/);
    expect(() => engine.sendPrepared(message)).toThrow(TypeError);
  }
  for (const nothing of [undefined, null, "A", 1]) expect(isPrepared(nothing)).toBe(false);
  expect(engine.pendingBytes).toBe(0);
});

test("a program sees nothing of it, and what it adds changes nothing", () => {
  const message = prepareMessage("A");
  expect(Reflect.ownKeys(message)).toEqual([]);
  Object.assign(message, { frame: Uint8Array.of(0x82, 0), payload: new Uint8Array(0) });
  const engine = server();
  engine.sendPrepared(message);
  expect(engine.takeOutput()).toEqual([Uint8Array.of(0x81, 1, 65)]);
});

test("bytes of another realm are bytes, and what only calls itself so is none", () => {
  const engine = server();
  engine.sendPrepared(prepareMessage(runInNewContext("Uint8Array.of(1, 2)") as Uint8Array));
  expect(engine.takeOutput()).toEqual([Uint8Array.of(0x82, 2, 1, 2)]);
  const forged = { length: 1, 0: 65, [Symbol.toStringTag]: "Uint8Array" } as unknown as Uint8Array;
  expect(() => prepareMessage(forged)).toThrow(TypeError);
  expect(() => engine.sendBinary(forged)).toThrow(TypeError);
});

test("one from another copy of the package is a TypeError that says so", () => {
  // The class of another copy has a private name of its own, as this one has.
  class Prepared {
    #content = contentOf(prepareMessage("A"));
    get content(): unknown {
      return this.#content;
    }
  }
  expect(() => server().sendPrepared(new Prepared() as unknown as PreparedMessage)).toThrow(/another copy/);
});

test("types: nothing else is a prepared message, and nothing in one can be read", () => {
  const message = prepareMessage("A");
  // @ts-expect-error: an object that looks like one is none.
  const forged: PreparedMessage = { frame: new Uint8Array(0) };
  // @ts-expect-error: its frame is not the program's.
  expect(message.frame).toBeUndefined();
  expect(isPrepared(forged)).toBe(false);
});
