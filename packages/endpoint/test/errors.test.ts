import { readFileSync } from "node:fs";

import {
  type AcceptOptions,
  type ClientHandshakeErrorCode,
  type Closed,
  ConnectionError,
  type ConnectionHandlers,
  type ErrorKind,
  HandshakeError,
  type ServerHandshakeErrorCode,
} from "@ws/endpoint";
import { ConnectionFailure } from "@ws/protocol";
import { describe, expect, expectTypeOf, test } from "vitest";

import { ERROR_KINDS } from "../src/connection/error-kind.ts";
import { connectionError, handshakeError } from "../src/connection/errors.ts";
import { openPair, type Pair } from "./support/pair.ts";

const documentation = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const source = readFileSync(new URL("../src/connection/error-code.ts", import.meta.url), "utf8");

/** Of a union, as it stands in the source. */
function codesOf(union: string): string[] {
  const [, members] = new RegExp(`type ${union} =\n(.*?);`, "s").exec(source)!;
  return [...members!.matchAll(/\| "(\w+)"/g)].map(([, code]) => code!);
}

describe("docs/errors.md", () => {
  test("has the kind of each code, and says what each kind is", () => {
    const documented = [...documentation.matchAll(/^### (\w+)\n\n.*\nKind `(\w+)`/gm)].map(([, code, kind]) => [code, kind]);
    expect(Object.fromEntries(documented)).toEqual(ERROR_KINDS);
    const explained = [...documentation.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind!);
    expect(explained.sort()).toEqual([...new Set(Object.values(ERROR_KINDS))].sort());
  });

  test("says which role can meet a code of the opening handshake", () => {
    const handshake = documentation.split(/^## /m).find((part) => part.startsWith("Opening handshake"))!;
    const roles = [...handshake.matchAll(/^### (\w+)\n\n.*\nKind `\w+`; (.*)\.$/gm)].map(([, code, role]) => [code, role]);
    const said = (union: string, role: string) => codesOf(union).map((code) => [code, role]);
    // These two stand with the connection's codes.
    const either = said("EitherHandshakeErrorCode", "client and server").filter(([code]) => !/^(TRANSPORT_LOST|ABORTED)$/.test(code!));
    const expected = [...either, ...said("ClientHandshakeErrorCode", "client"), ...said("ServerHandshakeErrorCode", "server")];
    expect(expected.length).toBeGreaterThan(30);
    expect(Object.fromEntries(roles)).toEqual(Object.fromEntries(expected));
  });
});

describe("errors", () => {
  test("are what `instanceof` says, by their own names, and cannot be made by a program's types", () => {
    const handshake = handshakeError("ENDED_EARLY", "it ended", 0);
    expect([handshake instanceof HandshakeError, handshake instanceof ConnectionError, HandshakeError.name]).toEqual([
      true,
      false,
      "HandshakeError",
    ]);
    expect([handshake.name, handshake.kind, `${handshake}`]).toEqual(["HandshakeError", "lost", "HandshakeError: it ended"]);
    expect(ConnectionError.name).toBe("ConnectionError");

    const caught: unknown = handshake;
    if (caught instanceof HandshakeError) {
      expectTypeOf(caught.code).toEqualTypeOf<ClientHandshakeErrorCode | ServerHandshakeErrorCode>();
      expectTypeOf(caught.kind).toEqualTypeOf<ErrorKind>();
    }
    if (caught instanceof ConnectionError) expectTypeOf(caught.kind).toEqualTypeOf<ErrorKind>();
  });

  test.each([
    ["ConnectionError", ConnectionError, connectionError(new ConnectionFailure("ABORTED", "mine"))],
    ["HandshakeError", HandshakeError, handshakeError("ENDED_EARLY", "it ended", 0, undefined, "mine")],
  ] as const)("%s is made by this package only, with a stack and a cause", (name, Class, error) => {
    expect([error instanceof Class, error instanceof Error, error.name, error.constructor.name]).toEqual([true, true, name, name]);
    expect(error.stack).toContain(`${name}: ${error.message}`);
    const cause = error.cause instanceof Error ? error.cause.cause : error.cause;
    expect(cause).toBe("mine");
    // What a program without types would write, of a class of its own too.
    const Untyped = Class as unknown as new (...given: unknown[]) => Error;
    class Own extends Untyped {}
    const made = { name: "TypeError", message: expect.stringContaining(`a ${name} is`) as unknown };
    for (const given of [[], ["ABORTED", "message", 0], [Symbol("made here"), error.cause, 1006]]) {
      expect(() => new Untyped(...given)).toThrow(expect.objectContaining(made));
      expect(() => new Own(...given)).toThrow(expect.objectContaining(made));
    }
    // @ts-expect-error -- abstract
    expect(() => new Class()).toThrow(TypeError);
  });

  test("each role has its own codes", () => {
    type Told = Parameters<NonNullable<AcceptOptions["onRefused"]>>[0]["code"];
    expectTypeOf<Told>().toEqualTypeOf<ServerHandshakeErrorCode>();
    expectTypeOf<"UNEXPECTED_STATUS">().toExtend<ClientHandshakeErrorCode>();
    expectTypeOf<"UNEXPECTED_STATUS">().not.toExtend<Told>();
    expectTypeOf<"REFUSED">().not.toExtend<ClientHandshakeErrorCode>();
  });
});

describe("the end", () => {
  /** Ways to end, and whether that is clean. */
  const endings: Record<string, readonly [isClean: boolean, end: (pair: Pair) => unknown]> = {
    "close here": [true, ({ client }) => client.close(3000)],
    "close there": [true, ({ server }) => server.close(3000)],
    "close on both sides": [true, ({ client, server }) => (client.close(), server.close())],
    abort: [false, ({ client }) => client.abort(new Error("enough"))],
    "abort there": [false, ({ server }) => server.abort()],
    "the stream is lost": [false, ({ clientTransport }) => clientTransport.reset(new Error("reset"))],
    "the stream is lost, for no reason that is known": [false, ({ clientTransport }) => clientTransport.destroy()],
    FIN: [false, ({ serverTransport }) => serverTransport.end()],
    "a protocol error": [false, ({ serverTransport }) => serverTransport.write([Uint8Array.of(0xff, 0)])],
    "a Close that nobody answers": [false, ({ client, serverTransport }) => (serverTransport.pause(), client.close())],
    silence: [false, ({ serverTransport }) => serverTransport.pause()],
    "too much at once": [
      false,
      ({ client, serverTransport }) => (serverTransport.pause(), client.send("x".repeat(200_000)), client.send("x")),
    ],
  };

  test.each(Object.entries(endings))("%s: clean without an error, or not clean and with one", async (_, [isClean, end]) => {
    let told: Closed | undefined;
    const handlers: ConnectionHandlers = { close: (_connection, closed) => void (told = closed) };
    const pair = await openPair({ client: { maxBufferedBytes: 1_000 }, clientHandler: handlers });
    await end(pair);
    await pair.clock.advance(200_000);
    const closed = await pair.client.closed;
    expect(told).toBe(closed);
    expect(closed.wasClean).toBe(isClean);
    expect(closed.error instanceof ConnectionError).toBe(!isClean);
    expect((await pair.server.closed).error === undefined).toBe((await pair.server.closed).wasClean);
    if (!closed.wasClean) expect(closed.error.kind).toBe(ERROR_KINDS[closed.error.code]);
  });

  test("by type too", () => {
    const read = (closed: Closed): void => {
      if (closed.wasClean) expectTypeOf(closed.error).toEqualTypeOf<undefined>();
      else expectTypeOf(closed.error).toEqualTypeOf<ConnectionError>();
      // @ts-expect-error -- not before it is known that it was not clean
      void closed.error.kind;
    };
    expectTypeOf<ConnectionHandlers["close"]>().extract<(...parameters: never) => unknown>().parameter(1).toEqualTypeOf<Closed>();
    expect(read).toBeTypeOf("function");
  });
});
