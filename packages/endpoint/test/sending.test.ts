import { Opcode } from "@ws/codec";
import { contentOf } from "@ws/protocol/internal";
import { acceptConnection, memoryTransportPair, prepareMessage, type Connection, type FrameHeader } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, manualHost, openPair } from "./support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

describe("who owns bytes", () => {
  test("the caller's bytes are never modified, in either role and at any size", async () => {
    const { client, server } = await openPair({ client: { maxMessageBytes: 1 << 20 }, server: { maxMessageBytes: 1 << 20 } });
    for (const length of [0, 1, 125, 126, 5000, 65_536, 200_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index);
      const copy = bytes.slice();
      client.send(bytes);
      server.send(bytes);
      await settle();
      expect((await server[Symbol.asyncIterator]().next()).value).toEqual(copy);
      expect((await client[Symbol.asyncIterator]().next()).value).toEqual(copy);
      expect(bytes).toEqual(copy);
    }
  });

  test("{ copy: true } takes a snapshot, at every size", async () => {
    for (const length of [10, 5000, 100_000]) {
      const { connection, peer } = await openRaw();
      const bytes = new Uint8Array(length).fill(1);
      connection.send(bytes, { copy: true });
      bytes.fill(2);
      await settle();
      expect(peer.takeFrames("client")[0]!.payload).toEqual(new Uint8Array(length).fill(1));
    }
  });

  test("views are sent by their bytes: byteLength, not length, and nothing around them", async () => {
    const { connection, peer } = await openRaw();
    const buffer = Uint8Array.of(9, 1, 0, 2, 0, 9).buffer;
    connection.send(new Uint16Array(buffer, 2 - 2, 1));
    connection.send(new DataView(buffer, 1, 4));
    connection.send(buffer);
    const shared = new SharedArrayBuffer(2);
    connection.send(shared);
    await settle();
    expect(peer.takeFrames("client").map(({ payload }) => [...payload])).toEqual([
      [9, 1],
      [1, 0, 2, 0],
      [9, 1, 0, 2, 0, 9],
      [0, 0],
    ]);
    for (const wrong of [1, null, undefined, {}, [1], new Date()]) expect(() => connection.send(wrong as never)).toThrow(TypeError);
  });

  test("received bytes are the receiver's to keep, even when the transport reuses its buffer", async () => {
    const kept: Uint8Array[] = [];
    const { peer } = await openRaw({}, { message: (_, message) => kept.push(message as Uint8Array) }, { borrowed: true });
    for (let index = 0; index < 5; index++) {
      peer.write(
        clientFrame(Opcode.BINARY, new Uint8Array(100).fill(index)),
        clientFrame(Opcode.BINARY, new Uint8Array(100).fill(index + 100)),
      );
      await settle();
    }
    expect(kept.map((bytes) => new Set(bytes))).toEqual([0, 100, 1, 101, 2, 102, 3, 103, 4, 104].map((value) => new Set([value])));
  });

  test("with `borrow` a message is a view that ends with the handler: it is poisoned in tests", async () => {
    const seen: number[] = [];
    const kept: Uint8Array[] = [];
    const { peer } = await openRaw(
      { borrow: true },
      {
        message: (_, message) => {
          seen.push((message as Uint8Array)[0]!);
          kept.push(message as Uint8Array);
        },
      },
      { borrowed: true },
    );
    peer.write(clientFrame(Opcode.BINARY, Uint8Array.of(1, 2)), clientFrame(Opcode.BINARY, Uint8Array.of(3, 4)));
    await settle();
    expect(seen).toEqual([1, 3]);
    expect(kept).toEqual([Uint8Array.of(0xdd, 0xdd), Uint8Array.of(0xdd, 0xdd)]);
  });

  test("a borrowed view may be sent on within its handler, at every size, to its own connection and to others", async () => {
    const other = await openPair();
    const { peer } = await openRaw(
      { borrow: true },
      {
        message: (connection, message) => {
          connection.send(message);
          void connection.sendStream([message]);
          connection.send((message as Uint8Array).subarray(1));
        },
      },
      { borrowed: true },
    );
    const payloads = [10, 1000, 20_000].map((length) => Uint8Array.from({ length }, (_, index) => index * 7));
    for (const payload of payloads) {
      peer.write(clientFrame(Opcode.BINARY, payload));
      await settle();
      // The streamed one begins in a later turn, when its view is over: what is given to a stream must live until it is taken.
      const [whole, streamed, , part] = peer.takeFrames("client").map((frame) => frame.payload);
      expect(whole).toEqual(payload);
      expect(streamed).toEqual(new Uint8Array(payload.length).fill(0xdd));
      expect(part).toEqual(payload.subarray(1));
    }
    await closePair(other);
  });

  test("and as a piece of a message that is open", async () => {
    const { peer } = await openRaw(
      { borrow: true },
      {
        message: (connection, message) => {
          const writer = connection.beginMessage("binary")!;
          writer.write(message as Uint8Array);
          writer.end();
        },
      },
      { borrowed: true },
    );
    const payload = Uint8Array.from({ length: 20_000 }, (_, index) => index * 7);
    peer.write(clientFrame(Opcode.BINARY, payload));
    await settle();
    expect(peer.takeFrames("client")[0]!.payload).toEqual(payload);
  });

  test("so may a broadcast", async () => {
    const { clock, host } = manualHost({ poisonBorrowed: true });
    const connections: Connection[] = [];
    const peers: RawPeer[] = [];
    for (let index = 0; index < 3; index++) {
      const [near, far] = memoryTransportPair(clock, { borrowed: true });
      const peer = new RawPeer(near);
      peer.write(UPGRADE);
      const handlers = {
        message: (_: Connection, message: string | Uint8Array) => connections.forEach((connection) => connection.send(message)),
      };
      connections.push(await acceptConnection(host, far, { borrow: true }, handlers));
      peers.push(peer);
    }
    await settle();
    for (const peer of peers) peer.take();
    const payload = Uint8Array.from({ length: 20_000 }, (_, index) => index);
    peers[0]!.write(clientFrame(Opcode.BINARY, payload));
    await settle();
    for (const peer of peers) expect(peer.takeFrames("client")[0]!.payload).toEqual(payload);
  });
});

describe("prepared messages", () => {
  test("§5.3 encoded once for servers, masked anew by each client", async () => {
    const { client, server } = await openPair();
    const text = prepareMessage("prepared €");
    const bytes = prepareMessage(Uint8Array.of(1, 2, 3));
    for (const connection of [client, server, client, server]) {
      expect(connection.send(text)).toBe("ready");
      expect(connection.send(bytes)).toBe("ready");
    }
    for (const side of [client, server]) {
      const messages = side[Symbol.asyncIterator]();
      const received = [];
      for (let index = 0; index < 4; index++) received.push((await messages.next()).value);
      expect(received).toEqual(["prepared €", Uint8Array.of(1, 2, 3), "prepared €", Uint8Array.of(1, 2, 3)]);
    }
    expect(contentOf(bytes).payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("a large one goes to every connection by reference", async () => {
    const message = prepareMessage(new Uint8Array(100_000));
    const { connection, transport } = await openRaw();
    const written: Uint8Array[] = [];
    const write = transport.write.bind(transport);
    transport.write = (pieces) => {
      written.push(...pieces);
      write(pieces);
    };
    connection.send(message);
    connection.flush();
    expect(written[0]!.buffer).toBe(contentOf(message).frame.buffer);
  });
});

describe("inspect", () => {
  test("sees the header of every frame, in both directions", async () => {
    const seen: [string, number, number][] = [];
    const { peer, connection } = await openRaw(
      { inspect: (header: FrameHeader, direction) => seen.push([direction, header.opcode, header.payloadLength]) },
      { message: () => undefined },
    );
    peer.write(clientFrame(Opcode.TEXT, "abc"), clientFrame(Opcode.PING, "x"));
    await settle();
    connection.send("four");
    connection.close(1000);
    await settle();
    expect(seen).toEqual([
      ["received", Opcode.TEXT, 3],
      ["received", Opcode.PING, 1],
      ["sent", Opcode.PONG, 1],
      ["sent", Opcode.TEXT, 4],
      ["sent", Opcode.CLOSE, 2],
    ]);
  });
});
