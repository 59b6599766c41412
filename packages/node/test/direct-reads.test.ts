/** What Node does not document is relied on only when it has been seen to work. */
import type { Socket } from "node:net";

import { expect, test } from "vitest";

import { setOnRead, type OnRead } from "../../endpoint/src/node-http/direct-reads.ts";
import { directReadsWork } from "../../endpoint/src/node-http/direct-reads-self-test.ts";

type SetOnRead = typeof setOnRead;

test("this Node reads into a buffer of ours", async () => {
  expect(await directReadsWork(setOnRead)).toBe(true);
});

const change =
  (changed: (this: Socket, onRead: OnRead, length: number, buffer: Uint8Array) => void): SetOnRead =>
  (socket, buffer, onRead) =>
    setOnRead(socket, buffer, function (length, read) {
      changed.call(this, onRead, length, read);
    });
const after = (broken: (buffer: Uint8Array, length: number) => void): SetOnRead =>
  change(function (onRead, length, buffer) {
    broken(buffer, length);
    onRead.call(this, length, buffer);
  });

test.each<[string, SetOnRead]>([
  ["does not have it", () => false],
  ["throws", () => expect.fail("no such thing")],
  ["reads in the ordinary way all the same", () => true],
  [
    "reads to another place of the memory",
    (socket, buffer, onRead) => setOnRead(socket, new Uint8Array(buffer.buffer, buffer.byteOffset - 1, 1_000), onRead),
  ],
  ["reads other bytes", after((buffer) => (buffer[0]! ^= 1))],
  ["writes before the buffer", after((buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset - 1, 1).fill(0))],
  ["writes behind the buffer", after((buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset + buffer.length, 1).fill(0))],
  [
    "tells another length",
    change(function (onRead, length, buffer) {
      onRead.call(this, length - 1, buffer);
    }),
  ],
  [
    "gives another buffer",
    change(function (onRead, length, buffer) {
      onRead.call(this, length, buffer.slice());
    }),
  ],
  [
    "gives another socket",
    change(function (onRead, length, buffer) {
      onRead.call(Object.create(this) as Socket, length, buffer);
    }),
  ],
  [
    "goes on while paused",
    change(function (onRead, length, buffer) {
      onRead.call(this, length, buffer);
      this.resume();
    }),
  ],
])("a runtime that %s is found out", async (_, set) => {
  expect(await directReadsWork(set)).toBe(false);
});
