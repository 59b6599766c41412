import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { anyCharacter } from "../../codec/test/any-text.ts";
import { chunksOf } from "../../codec/test/chunking.ts";
import {
  ClientHandshake,
  createRefusal,
  encodeAccept,
  encodeRefusal,
  evaluateRequest,
  HandshakeEvent,
  HeadDecoder,
  HeadEvent,
} from "../src/handshake/index.ts";
import type { ClientHandshakeOptions, Header, RequestHead, ServerHandshakeOptions } from "../src/handshake/index.ts";
import { decodeHead, RUNS, text } from "./handshake-support.ts";

/** Both sides together: what one writes the other reads, and nothing a program passes in can change what is written. */

const tchar = fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcXYZ");
const token = fc.string({ unit: tchar, minLength: 1, maxLength: 8 });
const subprotocols = fc.uniqueArray(token, { maxLength: 4 });
const extensions = fc.array(token, { maxLength: 3 });
const fieldValue = fc.string({ unit: fc.constantFrom(...'ab ,;:"\\\t\x80\xff'), maxLength: 12 });
const OWN = new Set(["host", "upgrade", "connection", "origin", "content-length", "transfer-encoding"]);
const headers = fc.array(
  fc.tuple(
    token.filter((name) => !OWN.has(name.toLowerCase())),
    fieldValue,
  ),
  { maxLength: 4 },
);
const client = fc.record({
  host: fc.constantFrom("a", "example.com:8080", "[::1]:1"),
  target: fc.string({ unit: fc.constantFrom(..."aZ09-._~!$&'()*+,;=:@%/?"), maxLength: 20 }).map((path) => `/${path}`),
  nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  subprotocols,
  extensions: extensions.map((names) => names.join(", ")),
  headers,
}) satisfies fc.Arbitrary<ClientHandshakeOptions>;
const server = fc.record({
  subprotocols,
  subprotocolOrder: fc.constantFrom("client", "server"),
}) satisfies fc.Arbitrary<ServerHandshakeOptions>;
const chunkSize = fc.integer({ min: 1, max: 300 });

function readRequest(request: Uint8Array, size: number): { head: RequestHead; rest: string } {
  const decoder = new HeadDecoder("request");
  const pieces = chunksOf(request, size);
  for (const [index, piece] of pieces.entries()) {
    decoder.receive(piece);
    if (decoder.poll() === HeadEvent.HEAD)
      return { head: decoder.head, rest: [decoder.rest, ...pieces.slice(index + 1)].map(text).join("") };
  }
  throw decoder.error ?? new Error("incomplete");
}

test("a client and a server of this package agree, in any chunks, and no byte behind a head is lost on either side", () => {
  fc.assert(
    fc.property(
      client,
      server,
      headers,
      fc.uint8Array({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 20 }),
      chunkSize,
      (clientOptions, serverOptions, responseHeaders, early, frames, size) => {
        const handshake = new ClientHandshake(clientOptions);
        const { head, rest } = readRequest(Buffer.concat([handshake.request, early]), size);
        expect(rest).toBe(text(early));
        const request = evaluateRequest(head, serverOptions);
        if (request.kind === "refusal") throw new Error(request.message);
        expect(request).toMatchObject({
          target: clientOptions.target,
          host: clientOptions.host,
          origin: undefined,
          subprotocols: clientOptions.subprotocols,
        });

        const accepted = [...new Set(request.offers.map(({ name }) => name))].slice(0, 1).join(", ");
        const pieces = chunksOf(Buffer.concat([encodeAccept(request, { extensions: accepted, headers: responseHeaders }), frames]), size);
        for (const [index, piece] of pieces.entries()) {
          handshake.receive(piece);
          if (handshake.poll() === HandshakeEvent.NONE) continue;
          expect(handshake.error).toBeUndefined();
          expect(handshake.subprotocol).toBe(request.subprotocol);
          expect(handshake.extensions.map(({ name }) => name).join(", ")).toBe(accepted);
          expect([handshake.rest, ...pieces.slice(index + 1)].map(text).join("")).toBe(text(frames));
          return;
        }
        throw new Error("incomplete");
      },
    ),
    RUNS,
  );
});

test("a refusal arrives as it was meant, in any chunks", () => {
  const status = fc.integer({ min: 200, max: 599 }).filter((code) => ![204, 205, 304].includes(code));
  const body = fc.string({ unit: anyCharacter, maxLength: 300 });
  const refusalHeaders = headers.map((list): Header[] => list.filter(([name]) => name.toLowerCase() !== "content-type"));
  fc.assert(
    fc.property(client, status, body, refusalHeaders, chunkSize, (options, code, content, extra, size) => {
      const handshake = new ClientHandshake(options);
      for (const piece of chunksOf(encodeRefusal(createRefusal("REFUSED", "", { status: code, body: content, headers: extra })), size)) {
        handshake.receive(piece);
        handshake.poll();
      }
      expect(handshake.poll()).toBe(HandshakeEvent.FAILED);
      expect(handshake.error).toMatchObject({ code: "UNEXPECTED_STATUS", response: { status: code } });
      const { response } = handshake.error!;
      expect(response!.headers.slice(0, extra.length)).toEqual(extra.map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, "")]));
      expect(Buffer.from(response!.body)).toEqual(Buffer.from(content));
    }),
    RUNS,
  );
});

describe("nothing can be injected into what is written", () => {
  const hostile = fc.oneof(
    fc
      .array(
        fc.constantFrom(
          "\r\n",
          "\r",
          "\n",
          "\0",
          ":",
          " ",
          "X: y",
          "a",
          "\r\n\r\n",
          "HTTP/1.1 200 OK",
          "é",
          "\u0100",
          "\u{1f388}",
          "\u010a",
          "\u010d",
        ),
        { maxLength: 5 },
      )
      .map((parts) => parts.join("")),
    fc.string(),
  );
  const hostileHeaders = fc.array(fc.tuple(hostile, hostile), { maxLength: 2 });

  /** What was written, or undefined when it was refused as a usage error. Anything else thrown fails the test. */
  const written = (write: () => Uint8Array): Uint8Array | undefined => {
    try {
      return write();
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return undefined;
    }
  };

  test("by any option of a client", () => {
    fc.assert(
      fc.property(
        fc.record({
          host: fc.oneof(fc.constant("a"), hostile),
          target: fc.oneof(fc.constant("/"), hostile),
          origin: fc.oneof(fc.constant("http://a"), hostile),
          subprotocols: fc.array(hostile, { maxLength: 1 }),
          extensions: fc.oneof(fc.constant(""), hostile),
          headers: hostileHeaders,
        }),
        (options) => {
          const bytes = written(() => new ClientHandshake({ ...options, nonce: new Uint8Array(16) }).request);
          if (bytes === undefined) return;
          const { head, rest, code } = decodeHead("request", [bytes]);
          expect(code).toBeUndefined();
          expect(rest).toBe("");
          const own = 6 + Math.min(options.subprotocols.length, 1) + (options.extensions === "" ? 0 : 1);
          expect(head!.headers).toHaveLength(own + options.headers.length);
          expect(head).toMatchObject({ method: "GET", target: options.target });
        },
      ),
      { numRuns: RUNS.numRuns * 5 },
    );
  });

  test("by any option of a server that accepts or refuses", () => {
    const request = evaluateRequest(
      readRequest(
        new ClientHandshake({ host: "a", target: "/", nonce: new Uint8Array(16), subprotocols: ["a"], extensions: "a" }).request,
        1000,
      ).head,
    );
    if (request.kind === "refusal") throw new Error(request.message);
    fc.assert(
      fc.property(
        fc.oneof(fc.constant(""), hostile),
        fc.oneof(fc.constant(""), hostile),
        hostileHeaders,
        hostile,
        (subprotocol, extension, extra, body) => {
          const accepted = written(() => encodeAccept(request, { subprotocol, extensions: extension, headers: extra }));
          if (accepted !== undefined) {
            const { head, rest } = decodeHead("response", [accepted]);
            expect(rest).toBe("");
            expect(head!.headers).toHaveLength(3 + (subprotocol === "" ? 0 : 1) + (extension === "" ? 0 : 1) + extra.length);
          }
          const refused = written(() => encodeRefusal(createRefusal("REFUSED", "", { headers: extra, body })));
          if (refused !== undefined) {
            const { head, rest } = decodeHead("response", [refused]);
            expect(Buffer.from(rest!, "latin1").toString()).toBe(Buffer.from(body).toString());
            expect(head!.headers.length).toBeGreaterThanOrEqual(2 + extra.length);
          }
        },
      ),
      { numRuns: RUNS.numRuns * 5 },
    );
  });
});
