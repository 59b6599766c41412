import { expect, test } from "vitest";

import { Part, StreamWalk } from "../src/model/walk.ts";
import { frame, REQUEST } from "./feed.ts";

/** Parts with their octets, pieces of one part joined. */
function parts(chunks: readonly Uint8Array[]): [Part, string][] {
  const walk = new StreamWalk();
  const found: [Part, string][] = [];
  let open = false;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const end = walk.advance(chunk, at);
      expect(end).toBeGreaterThan(at);
      const text = Buffer.from(chunk.subarray(at, end)).toString("hex");
      if (open) found[found.length - 1]![1] += text;
      else found.push([walk.part, text]);
      open = !walk.complete;
      at = end;
    }
  }
  return found;
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");

test("finds head, headers and payloads at every chunk size", () => {
  const long = frame(2, new Uint8Array(200), { key: 0x01020304 });
  const stream = Buffer.concat([REQUEST, frame(1, "Hello", { key: 0x37fa213d }), frame(9, ""), long]);
  const wanted: [Part, string][] = [
    [Part.HEAD, hex(REQUEST)],
    [Part.HEADER, "818537fa213d"],
    [Part.PAYLOAD, "7f9f4d5158"],
    [Part.HEADER, "8900"],
    [Part.HEADER, hex(long.subarray(0, 8))],
    [Part.PAYLOAD, hex(long.subarray(8))],
  ];
  for (let size = 1; size <= stream.length; size += 1) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
    expect(parts(chunks)).toEqual(wanted);
  }
});

test("a head ends with CR LF CR LF only", () => {
  for (const text of ["GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\n\n\r\n", "a\r\r\n\r\r\n"])
    expect(parts([Buffer.from(`${text}x`)])).toHaveLength(1);
  expect(parts([Buffer.from("a\r\r\n\r\nx")])).toHaveLength(2);
});

test("64 KiB without an end are no head", () => {
  expect(parts([new Uint8Array(70_000).fill(65)]).map(([part, text]) => [part, text.length / 2])).toEqual([[Part.HEAD, 70_000]]);
  const walk = new StreamWalk();
  expect(walk.advance(new Uint8Array(70_000), 0)).toBe(65_536);
  walk.advance(new Uint8Array(10), 0);
  expect(walk.part).toBe(Part.OPAQUE);
});

test("a length above 2^53 is walked like any other, for ever", () => {
  const walk = new StreamWalk();
  walk.expectFrame();
  expect(walk.advance(Uint8Array.of(0x82, 0x7f, 255, 255, 255, 255, 255, 255, 255, 255, 1), 0)).toBe(10);
  expect(walk.header?.payloadLengthHigh).toBe(0xffff_ffff);
  expect(walk.advance(new Uint8Array(1000), 0)).toBe(1000);
  expect([walk.part, walk.complete]).toEqual([Part.PAYLOAD, false]);
});
