/** Extensions that need time, beside a program that does: neither waits for the other without need. */
import type { MessageTransform, TransformFailure, TransformWork } from "@ws/protocol";
import type { Extension } from "@ws/protocol/handshake";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { openPair } from "./support/pair.ts";

/** Turns every bit around, as work that takes some turns; `wrong` tells of a work item that it fails. */
function slowly(wrong: (work: TransformWork) => boolean = () => false): Extension {
  const flip = (payload: Uint8Array): Uint8Array => payload.map((octet) => octet ^ 0xff);
  const transform = (): MessageTransform => ({
    rsv: 4,
    wants: () => true,
    encode: () => undefined,
    decode: () => undefined,
    run: async (work): Promise<Uint8Array | TransformFailure> => {
      for (let turn = 0; turn < 3; turn++) await settle();
      if (wrong(work)) throw new Error("the extension failed");
      return flip(work.payload);
    },
  });
  return {
    name: "x-flip",
    offer: () => "x-flip",
    accept: () => ({ response: "x-flip", transform: transform() }),
    confirm: () => transform(),
  };
}

describe("an extension at work", () => {
  test("on an answer: it leaves although the handler that gave it keeps its turn", async () => {
    const received: unknown[] = [];
    let ponged = false;
    const pair = await openPair({
      server: { extensions: [slowly()] },
      client: { extensions: [slowly()] },
      handler: {
        message: (connection, message) => {
          connection.send(`answer to ${String(message)}`);
          // It arrives while the extension is at work.
          void pair.client.ping().then(() => (ponged = true));
          return new Promise<void>(() => undefined);
        },
      },
      clientHandler: { message: (_, message) => void received.push(message) },
    });
    pair.client.send("one");
    pair.client.send("two");
    for (let turn = 0; turn < 60; turn++) await settle();
    expect(received).toEqual(["answer to one"]);
    // What comes behind the message waits for the handler all the same.
    expect(ponged).toBe(false);
    await pair.clock.advance(2_000);
    expect(ponged).toBe(true);
  });

  test.each(["encode", "decode"] as const)(
    "that fails to %s: onError is told, and the connection fails with its code",
    async (direction) => {
      const errors: unknown[] = [];
      const extension = slowly((work) => work.direction === direction);
      const pair = await openPair({
        server: { extensions: [extension], onError: (error) => errors.push(error) },
        client: { extensions: [slowly()] },
        handler: { message: () => undefined },
        clientHandler: { message: () => undefined },
      });
      if (direction === "encode") pair.server.send("one");
      else pair.client.send("one");
      for (let turn = 0; turn < 40; turn++) await settle();
      await pair.clock.advance(20_000);
      const { error } = await pair.server.closed;
      expect(errors.map(String)).toEqual(["Error: the extension failed"]);
      expect(error!.code).toBe(direction === "encode" ? "TRANSFORM_FAILED" : "INVALID_COMPRESSED_PAYLOAD");
    },
  );
});
