import { Opcode } from "@ws/codec";
import { acceptConnection, memoryTransportPair, prepareMessage, type Connection } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { manualHost, openPair } from "./support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

describe("write coalescing", () => {
  test("everything sent while one read is handled leaves in one write, however many frames it holds", async () => {
    const { peer, transport } = await openRaw(
      {},
      {
        message: (connection, message) => {
          connection.send(message);
          connection.send("again");
        },
      },
      { capacity: 1 << 20 },
    );
    const frames = Array.from({ length: 500 }, (_, index) => clientFrame(index % 10 === 9 ? Opcode.PING : Opcode.TEXT, `m${index}`));
    peer.write(...frames);
    await settle();
    expect(transport.writes).toBe(1);
    const received = peer.takeFrames("client");
    expect(received).toHaveLength(2 * 450 + 50);
  });

  test("the Close that answers a Close leaves in the same write as what was sent before it", async () => {
    const { peer, transport } = await openRaw({}, { message: (connection, message) => connection.send(message) });
    peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
    await settle();
    expect(transport.writes).toBe(1);
    expect(peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CLOSE]);
  });

  test("what is sent at other times leaves in one write at the end of the turn", async () => {
    const { client, clientTransport } = await openPair();
    clientTransport.writes = 0;
    for (let index = 0; index < 100; index++) client.send(`message ${index}`);
    void client.ping();
    expect(clientTransport.writes).toBe(0);
    await settle();
    expect(clientTransport.writes).toBe(1);
  });

  test("flush() writes now, and leaves nothing for the end of the turn", async () => {
    const { client, clientTransport } = await openPair();
    clientTransport.writes = 0;
    client.send("now");
    client.flush();
    expect(clientTransport.writes).toBe(1);
    await settle();
    client.flush();
    expect(clientTransport.writes).toBe(1);
  });

  test("a broadcast of ten prepared messages is one write for each connection", async () => {
    const { clock, host } = manualHost();
    const connections: Connection[] = [];
    const transports = [];
    const peers: RawPeer[] = [];
    for (let index = 0; index < 20; index++) {
      const [near, far] = memoryTransportPair(clock);
      const peer = new RawPeer(near);
      peer.write(UPGRADE);
      connections.push(await acceptConnection(host, far, {}, { message: () => undefined }));
      peers.push(peer);
      transports.push(far);
    }
    await settle();
    for (const transport of transports) transport.writes = 0;
    for (const peer of peers) peer.take();
    for (let index = 0; index < 10; index++) {
      const message = prepareMessage(`news ${index}`);
      for (const connection of connections) expect(connection.send(message)).toBe("ready");
    }
    await settle();
    expect(transports.map(({ writes }) => writes)).toEqual(transports.map(() => 1));
    for (const peer of peers)
      expect(peer.takeFrames("client").map(({ payload }) => String.fromCharCode(...payload))).toEqual(
        Array.from({ length: 10 }, (_, index) => `news ${index}`),
      );
  });

  test("a group has one microtask a turn for all its connections", async () => {
    const { clock, host } = manualHost();
    const opened = [];
    for (let index = 0; index < 5; index++) {
      const [near, far] = memoryTransportPair(clock);
      const peer = new RawPeer(near);
      peer.write(UPGRADE);
      opened.push(await acceptConnection(host, far, {}, {}));
    }
    await settle();
    let microtasks = 0;
    const original = clock.microtask.bind(clock);
    clock.microtask = (callback) => {
      microtasks++;
      original(callback);
    };
    for (const connection of opened) connection.send("x");
    expect(microtasks).toBe(1);
  });

  test("a handler that throws does not keep what was sent before from leaving, in one write with the Close 1011", async () => {
    const errors: unknown[] = [];
    const { peer, transport } = await openRaw(
      { onError: (error) => errors.push(error) },
      {
        message: (connection, message) => {
          connection.send(message);
          throw new Error("handler");
        },
      },
    );
    peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"));
    await settle();
    expect(transport.writes).toBe(1);
    const frames = peer.takeFrames("client");
    expect(frames.map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CLOSE]);
    expect([...frames[1]!.payload]).toEqual([0x03, 0xf3]);
    expect(errors).toHaveLength(1);
  });
});
