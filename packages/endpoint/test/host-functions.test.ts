/** What a host brings is what is used: its UTF-8, masking, SHA-1 and randomness. */
import { applyMask, type Mask, Opcode, utf8 } from "@ws/codec";
import { acceptConnection, createHost, memoryTransportPair, openConnection } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { ManualClock, settle } from "./support/clock.ts";
import { openPair } from "./support/pair.ts";
import { ACCEPT, clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

describe("a host's own", () => {
  test("sha1 makes the accept key", async () => {
    const clock = new ManualClock();
    const given: string[] = [];
    const sha1 = (bytes: Uint8Array): Uint8Array => (given.push(new TextDecoder().decode(bytes)), new Uint8Array(20));
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    peer.write(UPGRADE);
    await acceptConnection(createHost({ clock, printError: () => undefined, sha1 }), far);
    await settle();
    expect(given).toEqual(["dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"]);
    const head = peer.takeText();
    expect(head).toContain("Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    expect(head).not.toContain(ACCEPT);
  });

  test("UTF-8 and masking serve its connections", async () => {
    const calls = new Set<string>();
    const mask: Mask = (bytes, start, end, key) => {
      calls.add("mask");
      applyMask(bytes, key, 0, start, end);
      return true;
    };
    const counted = {
      ...utf8,
      decode: (...parameters: Parameters<typeof utf8.decode>) => (calls.add("decode"), utf8.decode(...parameters)),
      encodeInto: (...parameters: Parameters<typeof utf8.encodeInto>) => (calls.add("encodeInto"), utf8.encodeInto(...parameters)),
    };
    const pair = await openPair({ host: { mask, utf8: counted } });
    calls.clear();
    pair.client.send("héllo");
    expect((await pair.server[Symbol.asyncIterator]().next()).value).toBe("héllo");
    expect([...calls].sort()).toEqual(["decode", "encodeInto", "mask"]);
  });

  test("randomness gives the nonce and a key of its own to each frame, and a client cannot do without", async () => {
    const sizes: number[] = [];
    let octet = 0;
    const fillRandom = (bytes: Uint8Array): void => {
      sizes.push(bytes.length);
      for (let index = 0; index < bytes.length; index++) bytes[index] = octet++;
    };
    const pair = await openPair({ host: { fillRandom } });
    expect(sizes[0]).toBe(16);
    expect(pair.server.request!.headers.get("sec-websocket-key")).toBe("AAECAwQFBgcICQoLDA0ODw==");
    const heads: number[] = [];
    const inspected = await openPair({
      host: { fillRandom },
      handler: { message: () => undefined },
      server: { inspect: (header, direction) => direction === "received" && heads.push(header.maskingKey) },
    });
    for (let count = 0; count < 3000; count++) inspected.client.send("x");
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(heads.length).toBe(3000);
    // Not one for several frames, also when the pool of them is filled again.
    for (let index = 1; index < heads.length; index++) expect(heads[index]).not.toBe(heads[index - 1]);

    const clock = new ManualClock();
    const [near] = memoryTransportPair(clock);
    const host = createHost({ clock, printError: () => undefined });
    await expect(openConnection(host, { host: "a", target: "/" }, () => near)).rejects.toThrow(
      new TypeError("a client needs `fillRandom` (§5.3)"),
    );
  });
});

describe("a borrowed view", () => {
  test.each([1, 100, 9000])("of %i may be sent on within its handler: what leaves is a copy", async (size) => {
    const raw = await openRaw(
      { borrow: true },
      { message: (connection, message) => (connection.send(message), connection.send((message as Uint8Array).subarray(1))) },
      { borrowed: true },
    );
    const payload = new Uint8Array(size).fill(0x61);
    raw.peer.transport.pause();
    raw.peer.write(clientFrame(Opcode.BINARY, payload));
    await settle();
    raw.peer.write(clientFrame(Opcode.PING, "x".repeat(100)));
    await settle();
    raw.peer.transport.resume();
    await settle();
    const [first, second] = raw.peer.takeFrames("client");
    expect([first!.payload, second!.payload]).toEqual([payload, payload.subarray(1)]);
  });

  test.each([true, undefined])(
    "is over when its handler has returned; a text is not a view (poisonBorrowed: %s)",
    async (poisonBorrowed) => {
      const seen: unknown[] = [];
      let kept: string | Uint8Array = "";
      const pair = await openPair({
        host: { poisonBorrowed },
        toServer: { borrowed: true },
        server: { borrow: true },
        // What was lent is looked at in the next message's turn, while the transport's buffer is as it was.
        handler: {
          message: (_, message) => {
            seen.push(typeof kept === "string" ? kept : [...kept]);
            kept = message;
          },
        },
      });
      for (const message of ["abc", Uint8Array.of(1, 2, 3), "def"]) pair.client.send(message);
      await settle();
      expect(seen).toEqual(["", "abc", poisonBorrowed === true ? [0xdd, 0xdd, 0xdd] : [1, 2, 3]]);
    },
  );

  test("as a piece of a message is over when its handler has returned", async () => {
    const kept: (string | Uint8Array)[] = [];
    const raw = await openRaw({ borrow: true }, { chunk: (_, chunk) => void kept.push(chunk) }, { borrowed: true });
    raw.peer.write(clientFrame(Opcode.BINARY, Uint8Array.of(1, 2, 3)));
    await settle();
    expect(kept).toEqual([Uint8Array.of(0xdd, 0xdd, 0xdd)]);
  });
});
