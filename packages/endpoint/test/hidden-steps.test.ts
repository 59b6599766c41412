/** Steps that a program sees only when they are missing: who is told when, what is kept as a copy, and how an end looks to the peer. */
import { Opcode } from "@ws/codec";
import { acceptConnection, listenWith, memoryTransportPair, type MemoryTransport, type NoContext, openConnection } from "@ws/endpoint";
import type { MessageTransform } from "@ws/protocol";
import { describe, expect, test } from "vitest";

import type { HttpAcceptor } from "../src/server.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

describe("flush", () => {
  test("calls no handler: `drain` comes once, after it has returned", async () => {
    let drains = 0;
    const { connection } = await openRaw({ sendHighWaterMark: 1024 }, { drain: () => drains++ });
    expect(connection.send(new Uint8Array(2048))).toBe("full");
    connection.flush();
    expect([drains, connection.bufferedBytes]).toEqual([0, 0]);
    await settle();
    expect(drains).toBe(1);
  });
});

describe("what comes with the request while `upgrade` is pending", () => {
  test("is kept as a copy, since the transport reads on into the same memory", async () => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock, { borrowed: true });
    const peer = new RawPeer(near);
    let decide!: (answer: object) => void;
    const accepted = acceptConnection(host, far, { upgrade: () => new Promise<object>((resolve) => (decide = resolve)) });
    peer.write(UPGRADE, clientFrame(Opcode.TEXT, "with the request"));
    await settle();
    peer.write(clientFrame(Opcode.TEXT, "behind it"));
    await settle();
    decide({});
    const messages: unknown[] = [];
    const connection = await accepted;
    void (async () => {
      for await (const message of connection) messages.push(message);
    })().catch(() => undefined);
    await settle();
    expect(messages).toEqual(["with the request", "behind it"]);
  });
});

describe("receiveHighWaterMark", () => {
  /** Of a text of 36 octets, as the backlog counts it. */
  const SIZE = 36 + 64;
  test.each([
    [4 * SIZE, 4],
    [4 * SIZE + 1, 5],
  ])("%i: a loop that keeps its turn is read for up to the mark, and no further", async (mark, kept) => {
    const raw = await openRaw({ receiveHighWaterMark: mark, keepAlive: false });
    const iterator = raw.connection[Symbol.asyncIterator]();
    const first = iterator.next();
    // Its Pong tells that a message was looked at.
    for (let index = 0; index < 10; index++)
      raw.peer.write(clientFrame(Opcode.TEXT, "x".repeat(36)), clientFrame(Opcode.PING, String(index)));
    await first;
    await settle();
    await raw.clock.advance(3000);
    const pongs = raw.peer.takeFrames("client").filter(({ opcode }) => opcode === Opcode.PONG);
    // One more than is kept: that of the message which the loop has.
    expect(pongs.length).toBe(kept);
  });
});

describe("the stream is ended before it is torn down", () => {
  /** Both calls, in order. */
  function recorded(transport: MemoryTransport): string[] {
    const calls: string[] = [];
    for (const name of ["end", "destroy"] as const) {
      const call = transport[name].bind(transport);
      transport[name] = () => (calls.push(name), call());
    }
    return calls;
  }

  test("by a server that no further request has come to: a reset could take the response before along", async () => {
    const { clock, host } = manualHost();
    let acceptor!: HttpAcceptor<MemoryTransport>;
    const open = (given: HttpAcceptor<MemoryTransport>) => (
      (acceptor = given),
      Promise.resolve({ port: 1, hostname: "::1", close: () => undefined })
    );
    await listenWith<NoContext, MemoryTransport>(host, { open }, { handshakeTimeout: 1000 }, {});
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const calls = recorded(far);
    acceptor.acceptNext(far, new Uint8Array(0));
    await clock.advance(2000);
    expect([calls, peer.takeText()]).toEqual([["end", "destroy"], ""]);
  });

  test("by a client that refuses the answer: a reset would crash servers without a listener of errors", async () => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const calls = recorded(near);
    const peer = new RawPeer(far);
    const opened = openConnection(host, { host: "example.com", target: "/" }, () => near);
    await settle();
    peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    await expect(opened).rejects.toMatchObject({ code: "UNEXPECTED_STATUS" });
    expect(calls).toEqual(["end", "destroy"]);
  });
});

describe("an answer of `upgrade` that cannot be sent", () => {
  test("closes the transform that was made for it", async () => {
    let closed = 0;
    const transform: MessageTransform = {
      rsv: 4,
      wants: () => false,
      encode: (payload) => payload,
      decode: (payload) => payload,
      run: () => Promise.reject(new Error("never asked")),
      close: () => closed++,
    };
    const extension = {
      name: "x-own",
      offer: () => "x-own",
      accept: () => ({ response: "x-own", transform }),
      confirm: () => transform,
    };
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    peer.write(UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x-own\r\n\r\n"));
    const accepted = acceptConnection(host, far, {
      extensions: [extension],
      upgrade: () => ({ headers: { "X-Bad": "line\r\nbreak" } }),
      onError: () => undefined,
    });
    await expect(accepted).rejects.toThrow();
    expect(closed).toBe(1);
  });
});
