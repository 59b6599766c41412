import { acceptConnection, openConnection, type Connection, type Transport } from "@ws/endpoint";
import { streamTransport, type StreamPair } from "@ws/endpoint/streams";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";

function streamPairs(): [StreamPair, StreamPair] {
  const up = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 2 });
  const down = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 2 });
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
}

async function open(first: Transport, second: Transport) {
  const { clock, host, group } = manualHost();
  const accepted = acceptConnection(host, second, {});
  const opened = openConnection(host, { host: "a", target: "/" }, () => first);
  const [server, client] = await Promise.all([accepted, opened]);
  return { clock, group, client, server };
}

describe("any { readable, writable }", () => {
  test("carries a connection over a pair of TransformStreams, and ends both streams", async () => {
    const [near, far] = streamPairs();
    const { client, server, clock, group } = await open(streamTransport(near, { remoteAddress: "here" }), streamTransport(far));
    expect(client.remoteAddress).toBe("here");
    const echo = (async () => {
      for await (const message of server) server.send(message);
    })();
    const messages = ["text", new Uint8Array(100_000).fill(3), "", Uint8Array.of()];
    for (const message of messages) client.send(message);
    const received: unknown[] = [];
    for await (const message of client) if (received.push(message) === messages.length) client.close(1000);
    await echo;
    expect(received).toEqual(messages);
    expect([(await client.closed).wasClean, (await server.closed).wasClean]).toEqual([true, true]);
    await settle();
    expect([clock.pending, group.deadlines.size]).toEqual([0, 0]);
    await expect(near.readable.getReader).toBeTypeOf("function");
  });

  test("backpressure reaches through the streams in both directions", async () => {
    const [near, far] = streamPairs();
    const { client, server } = await open(streamTransport(near), streamTransport(far));
    let sent = 0;
    while (client.bufferedBytes < 1 << 20) {
      client.send(new Uint8Array(16_384));
      sent++;
      await settle();
    }
    // The server's program takes nothing: its mark, what the streams hold, and the rest still here.
    expect(client.send("x")).toBe("full");
    let received = 0;
    for await (const message of server) {
      if (typeof message !== "string") received++;
      else break;
    }
    expect(received).toBe(sent);
    await client.ready;
    expect(client.bufferedBytes).toBeLessThan(65_536);
  });

  test("the caller's bytes survive a stream that detaches what it is given", async () => {
    const written: ArrayBuffer[] = [];
    const transport = streamTransport({
      readable: new ReadableStream<Uint8Array>(),
      writable: new WritableStream<Uint8Array<ArrayBuffer>>({
        write: (chunk) => {
          written.push(structuredClone(chunk.buffer, { transfer: [chunk.buffer] }));
        },
      }),
    });
    const bytes = Uint8Array.of(1, 2, 3);
    transport.write([bytes, bytes.subarray(1)]);
    await settle();
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(new Uint8Array(written[0]!)).toEqual(Uint8Array.of(1, 2, 3, 2, 3));
    expect(transport.bufferedBytes).toBe(0);
  });

  test.each(["readable", "writable"])("an error of the %s side is the loss of the connection", async (side) => {
    let fail!: (error: unknown) => void;
    const [near, far] = streamPairs();
    const broken: StreamPair =
      side === "readable"
        ? {
            readable: near.readable.pipeThrough(
              new TransformStream({
                start: (controller) => {
                  fail = (error) => controller.error(error);
                },
              }),
            ),
            writable: near.writable,
          }
        : {
            readable: near.readable,
            writable: (() => {
              const through = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>({
                start: (controller) => {
                  fail = (error) => controller.error(error);
                },
              });
              void through.readable.pipeTo(near.writable).catch(() => undefined);
              return through.writable;
            })(),
          };
    let destroyed = 0;
    const { client, server, clock } = await open(streamTransport(broken, { destroy: () => destroyed++ }), streamTransport(far));
    const error = new Error("cable");
    fail(error);
    await settle();
    const outcomes: [Connection, number][] = [
      [client, 1006],
      [server, 1006],
    ];
    for (const [connection, code] of outcomes) {
      connection.send("x");
      await settle();
      expect((await connection.closed).code).toBe(code);
    }
    expect((await client.closed).error!.code).toBe("TRANSPORT_LOST");
    expect(destroyed).toBe(1);
    await clock.advance(20_000);
    expect(clock.pending).toBe(0);
  });

  test("abort cancels and aborts the streams", async () => {
    const [near, far] = streamPairs();
    const { client, server, clock } = await open(streamTransport(near), streamTransport(far));
    client.abort();
    await settle();
    expect((await client.closed).error!.code).toBe("ABORTED");
    expect((await server.closed).error!.code).toBe("TRANSPORT_LOST");
    expect(clock.pending).toBe(0);
  });

  test("destroy cancels reading, aborts writing, tears down what is below, and closes once", async () => {
    const log: string[] = [];
    const transport = streamTransport(
      {
        readable: new ReadableStream<Uint8Array>({ cancel: () => void log.push("cancel") }),
        writable: new WritableStream<Uint8Array<ArrayBuffer>>({ abort: () => void log.push("abort") }),
      },
      { destroy: () => log.push("below") },
    );
    const report = (event: string) => (): void => void log.push(event);
    transport.start({ received: report("received"), drained: report("drained"), ended: report("ended"), closed: report("closed") });
    transport.destroy();
    transport.destroy();
    await settle();
    expect(log.sort()).toEqual(["abort", "below", "cancel", "closed"]);
    transport.write([Uint8Array.of(1)]);
    transport.end();
    expect(transport.bufferedBytes).toBe(0);
  });

  test.each<[string, (streams: { fail: (error: unknown) => void; transport: Transport }) => unknown]>([
    ["destroyed", ({ transport }) => transport.destroy()],
    ["lost", ({ fail }) => fail(new Error("cable"))],
  ])("what never left stays counted once the stream is %s", async (_, end) => {
    let fail!: (error: unknown) => void;
    const transport = streamTransport(
      {
        readable: new ReadableStream<Uint8Array>({ start: (controller) => void (fail = (error) => controller.error(error)) }),
        writable: new WritableStream<Uint8Array<ArrayBuffer>>({
          write: (chunk) => (chunk.length === 1 ? undefined : new Promise(() => undefined)),
        }),
      },
      { destroy: () => Promise.reject(new Error("of the program's own")) },
    );
    let drains = 0;
    transport.start({ received: () => undefined, drained: () => drains++, ended: () => undefined, closed: () => undefined });
    transport.write([Uint8Array.of(1)]);
    await settle();
    expect([transport.bufferedBytes, drains]).toEqual([0, 1]);
    transport.write([new Uint8Array(2), new Uint8Array(3)]);
    transport.write([new Uint8Array(4)]);
    end({ fail, transport });
    await settle();
    expect([transport.bufferedBytes, drains]).toEqual([9, 1]);
  });

  test("streams that are locked are refused", () => {
    const [near] = streamPairs();
    near.readable.getReader();
    expect(() => streamTransport(near)).toThrow(TypeError);
  });
});
