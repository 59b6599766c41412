/** How a transport of WHATWG streams ends, whatever its streams do. */
import type { TransportSink } from "@ws/endpoint";
import { streamTransport, type StreamPair } from "@ws/endpoint/streams";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";

type Sink = NonNullable<ConstructorParameters<typeof WritableStream<Uint8Array>>[0]>;

/** Both streams in a test's hands. */
function controlled(sink: Sink = {}) {
  let source!: ReadableStreamDefaultController<Uint8Array>;
  const readable = new ReadableStream<Uint8Array>({ start: (controller) => void (source = controller) });
  const pair: StreamPair = { readable, writable: new WritableStream<Uint8Array>(sink) };
  const log: unknown[] = [];
  const reports: TransportSink = {
    received: (bytes) => log.push([...bytes]),
    drained: () => log.push("drained"),
    ended: () => log.push("ended"),
    closed: (error) => log.push(error === undefined ? "closed" : error),
  };
  return { pair, log, reports, source };
}

describe("a stream that fails", () => {
  const error = new Error("cable");
  test.each<[string, Sink]>([
    ["a write", { write: () => Promise.reject(error) }],
    ["the end", { close: () => Promise.reject(error) }],
  ])("%s is reported once, with its error", async (what, sink) => {
    const { pair, log, reports } = controlled(sink);
    const transport = streamTransport(pair);
    transport.start(reports);
    if (what === "a write") transport.write([Uint8Array.of(1)]);
    else transport.end();
    await settle();
    expect(log).toEqual([error]);
  });

  test("without an error it is reported as one all the same", async () => {
    const { pair, log, reports, source } = controlled();
    streamTransport(pair).start(reports);
    source.error(undefined);
    await settle();
    expect(log).toEqual([new Error("the stream failed")]);
  });

  test("before anybody listens: reported when somebody does", async () => {
    const { pair, log, reports } = controlled({ write: () => Promise.reject(error) });
    const transport = streamTransport(pair);
    transport.write([Uint8Array.of(1)]);
    await settle();
    transport.start(reports);
    expect(log).toEqual([]);
    await settle();
    expect(log).toEqual([error]);
  });
});

describe("destroyed", () => {
  test("while a write is on its way: what it carried stays counted, and nothing is drained", async () => {
    let written!: () => void;
    const { pair, log, reports } = controlled({ write: () => new Promise<void>((resolve) => (written = resolve)) });
    const transport = streamTransport(pair);
    transport.start(reports);
    transport.write([new Uint8Array(7)]);
    await settle();
    transport.destroy();
    written();
    await settle();
    expect([transport.bufferedBytes, log]).toEqual([7, ["closed"]]);
  });

  test("while both directions end: the end is reported once", async () => {
    const { pair, log, reports, source } = controlled();
    const transport = streamTransport(pair);
    transport.start(reports);
    transport.end();
    source.close();
    for (let microtask = 0; microtask < 20 && log.length === 0; microtask++) await undefined;
    transport.destroy();
    transport.destroy();
    await settle();
    expect(log).toEqual(["ended", "closed"]);
  });

  test("in the moment at which our end is taken: the end is reported once", async () => {
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const { pair, log, reports } = controlled();
      const transport = streamTransport(pair);
      transport.start(reports);
      transport.end();
      for (let microtask = 0; microtask < microtasks; microtask++) await undefined;
      transport.destroy();
      await settle();
      expect(log).toEqual(["closed"]);
    }
  });
});

test("a chunk without bytes is nothing that was received, and reading goes on", async () => {
  const { pair, log, reports, source } = controlled();
  streamTransport(pair).start(reports);
  source.enqueue(new Uint8Array(0));
  source.enqueue(Uint8Array.of(1));
  await settle();
  expect(log).toEqual([[1]]);
});
