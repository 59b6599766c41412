import type { MessageTransform, TransformFailure, TransformWork } from "@ws/protocol";
import type { Extension } from "@ws/protocol/handshake";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, openPair, wellFormed } from "./support/pair.ts";

const flip = (payload: Uint8Array): Uint8Array => payload.map((byte) => byte ^ 0xff);

/** Turns every bit around, sometimes at once and sometimes as a work item that takes turns. */
function flipping(turns: () => number): Extension & { closed: number } {
  const transform = (): MessageTransform => {
    const now = (payload: Uint8Array): Uint8Array | undefined => (turns() === 0 ? flip(payload) : undefined);
    return {
      rsv: 4,
      wants: (_, byteLength) => byteLength > 1,
      encode: now,
      decode: now,
      run: async (work: TransformWork): Promise<Uint8Array | TransformFailure> => {
        for (let turn = turns(); turn > 0; turn--) await settle();
        return flip(work.payload);
      },
      close: () => extension.closed++,
    };
  };
  const extension = {
    name: "x-flip",
    closed: 0,
    offer: () => "x-flip",
    accept: () => ({ response: "x-flip", transform: transform() }),
    confirm: () => transform(),
  };
  return extension;
}

describe("the option compress", () => {
  test("is a TypeError where the host brings no deflate", async () => {
    await expect(openPair({ client: { compress: true } })).rejects.toThrow(/^compress: this host brings no zlib/);
    await expect(openPair({ client: { compress: {} } })).rejects.toThrow(TypeError);
    await closePair(await openPair({ client: { compress: false }, server: { compress: false } }));
  });

  test("is the host's extension, with the parameters, behind those of extensions", async () => {
    const asked: unknown[] = [];
    const deflate = (options?: object): Extension => {
      asked.push(options);
      return { ...flipping(() => 0), name: "deflate", offer: () => "deflate" };
    };
    const pair = await openPair({
      host: { deflate },
      client: { compress: { threshold: 0 }, extensions: [flipping(() => 0)] },
      server: { compress: true, extensions: [flipping(() => 0)] },
    });
    expect(asked).toEqual([undefined, { threshold: 0 }]);
    expect(pair.server.request!.headers.get("sec-websocket-extensions")).toBe("x-flip, deflate");
    expect(pair.server.extensions).toBe("x-flip");
    await closePair(pair);
  });

  test("beside the same one in extensions is a TypeError", async () => {
    const options = { compress: true, extensions: [flipping(() => 0)] };
    await expect(openPair({ host: { deflate: () => flipping(() => 0) }, client: options })).rejects.toThrow(
      "compress and extensions both give x-flip: leave one of them out",
    );
  });
});

describe("extensions", () => {
  test("are negotiated by both roles, and closed with the connection", async () => {
    const extension = flipping(() => 0);
    const pair = await openPair({ client: { extensions: [extension] }, server: { extensions: [extension] } });
    expect([pair.client.extensions, pair.server.extensions]).toEqual(["x-flip", "x-flip"]);
    pair.client.send("hello");
    expect((await pair.server[Symbol.asyncIterator]().next()).value).toBe("hello");
    await closePair(pair);
    expect(extension.closed).toBe(2);
  });

  test("messages keep their order whatever the work takes, and Close waits for them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 50 }), { maxLength: 30 }), fc.infiniteStream(fc.nat(3)), async (texts, turns) => {
        const extension = flipping(() => turns.next().value as number);
        const pair = await openPair({
          client: { extensions: [extension] },
          server: { extensions: [extension] },
          toServer: { chunkSize: () => 11 },
        });
        for (const text of texts) pair.client.send(text);
        pair.client.close(1000);
        const received: unknown[] = [];
        for await (const message of pair.server) received.push(message);
        expect(received).toEqual(texts.map(wellFormed));
        expect((await pair.client.closed).wasClean).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("what waits for its transformation counts as buffered", async () => {
    const extension = flipping(() => 3);
    const pair = await openPair({ client: { extensions: [extension], sendHighWaterMark: 1000 }, server: { extensions: [extension] } });
    const answers = Array.from({ length: 12 }, () => pair.client.send(new Uint8Array(100)));
    expect(answers.at(0)).toBe("ready");
    expect(answers.at(-1)).toBe("full");
    let received = 0;
    const reading = (async () => {
      for await (const _ of pair.server) received++;
    })();
    await pair.client.ready;
    for (let turn = 0; turn < 200; turn++) await settle();
    expect(received).toBe(12);
    await closePair(pair);
    await reading;
  });

  test("work for what is sent goes on while the program is behind with what it receives", async () => {
    let release: (() => void) | undefined;
    const extension = flipping(() => 2);
    const pair = await openPair({
      client: { extensions: [extension] },
      server: { extensions: [extension] },
      handler: { message: () => new Promise<void>((resolve) => (release = resolve)) },
    });
    pair.client.send("first");
    pair.client.send("second");
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(release).toBeDefined();
    pair.server.send("while behind");
    pair.server.send("and another");
    const messages = pair.client[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe("while behind");
    expect((await messages.next()).value).toBe("and another");
  });

  test("work that rejects closes, and is reported", async () => {
    const onError = vi.fn();
    const extension = flipping(() => 0);
    const broken: Extension = {
      ...extension,
      accept: () => ({
        response: "x-flip",
        transform: { ...extension.accept([])!.transform, encode: () => undefined, run: () => Promise.reject(new Error("zlib")) },
      }),
    };
    const pair = await openPair({ client: { extensions: [extension] }, server: { extensions: [broken], onError } });
    pair.server.send("hello");
    for (let turn = 0; turn < 5; turn++) await settle();
    expect(onError.mock.calls[0]![0]).toEqual(new Error("zlib"));
    const { error } = await pair.server.closed;
    expect([error!.closeCode, (await pair.client.closed).code]).toEqual([1011, 1011]);
  });
});

test("work that is done when the connection has ended already is nobody's any more", async () => {
  let done!: () => void;
  const slow = flipping(() => 1);
  const accept = slow.accept.bind(slow);
  slow.accept = (...parameters) => {
    const accepted = accept(...parameters)!;
    accepted.transform.run = (work) => new Promise((resolve) => (done = () => resolve(flip(work.payload))));
    return accepted;
  };
  const pair = await openPair({ client: { extensions: [flipping(() => 0)] }, server: { extensions: [slow] } });
  pair.server.send("abc");
  await settle();
  pair.server.abort();
  const closed = await pair.server.closed;
  done();
  await settle();
  expect([await pair.server.closed, pair.printed, slow.closed]).toEqual([closed, [], 1]);
});
