/** The transport over Node's streams, before anybody listens to it and behind its end. */
import { once } from "node:events";
import { duplexPair } from "node:stream";

import type { TransportSink } from "@ws/endpoint";
import { expect, test } from "vitest";

import { SocketTransport } from "../src/node-http/socket-transport.ts";
import { settle } from "./support/clock.ts";

function recording(log: unknown[]): TransportSink {
  return {
    received: (bytes) => log.push([...bytes]),
    drained: () => log.push("drained"),
    ended: () => log.push("ended"),
    closed: (error) => log.push(error ?? "closed"),
  };
}

test("paused before it is started, it reads nothing until it is resumed", async () => {
  const [near, far] = duplexPair();
  const log: unknown[] = [];
  const transport = new SocketTransport(near);
  transport.pause();
  transport.start(recording(log));
  far.write(Uint8Array.of(1));
  await settle();
  expect(log).toEqual([]);
  transport.resume();
  await settle();
  expect(log).toEqual([[1]]);
});

test("resumed before it is started, it loses nothing", async () => {
  const [near, far] = duplexPair();
  const log: unknown[] = [];
  const transport = new SocketTransport(near);
  far.write(Uint8Array.of(1));
  transport.pause();
  transport.resume();
  await settle();
  transport.start(recording(log));
  await settle();
  expect(log).toEqual([[1]]);
});

test.each([
  [false, ["ended"]],
  [true, ["closed"]],
])("an end that came before anybody listened is told, unless the stream is given up first (%s)", async (destroyed, expected) => {
  const [near, far] = duplexPair();
  near.allowHalfOpen = true;
  near.resume();
  far.end();
  await once(near, "end");
  const log: unknown[] = [];
  const transport = new SocketTransport(near);
  transport.start(recording(log));
  if (destroyed) transport.destroy();
  await settle();
  await settle();
  expect(log).toEqual(expected);
});

test("given up while it reads, it reports its end and nothing else", async () => {
  const [near, far] = duplexPair();
  const log: unknown[] = [];
  const transport = new SocketTransport(near);
  const sink = recording(log);
  transport.start({
    ...sink,
    received: (bytes) => {
      sink.received(bytes);
      transport.destroy();
      transport.destroy();
    },
  });
  for (let octet = 1; octet < 4; octet++) far.write(Uint8Array.of(octet));
  far.end();
  await settle();
  await settle();
  expect(log).toEqual([[1], "closed"]);
  transport.write([Uint8Array.of(9)]);
  transport.end();
  await settle();
  expect(log).toEqual([[1], "closed"]);
});

test("an error of the stream is what `closed` gives", async () => {
  const [near] = duplexPair();
  const log: unknown[] = [];
  const error = new Error("cable");
  new SocketTransport(near).start(recording(log));
  near.destroy(error);
  await settle();
  await settle();
  expect(log).toEqual([error]);
});
