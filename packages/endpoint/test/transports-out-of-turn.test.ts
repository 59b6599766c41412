/** Transports that report at moments at which the port (`ports/transport.ts`) does not foresee it: nothing is lost, doubled or delivered late. */
import { Opcode } from "@ws/codec";
import { connectTarget, type MemoryTransport, memoryTransportPair, openConnection, type TransportSink } from "@ws/endpoint";
import { expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { ascii, clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

/** The side of a memory transport that the other end of its pipe calls. */
function reports(transport: MemoryTransport): Pick<TransportSink, "received" | "drained" | "ended"> {
  return transport as unknown as TransportSink;
}

test("bytes behind the end of a connection are not looked at", async () => {
  const received: unknown[] = [];
  const { connection, transport } = await openRaw({}, { message: (_, message) => void received.push(message) });
  connection.abort();
  const closed = await connection.closed;
  reports(transport).received(clientFrame(Opcode.TEXT, "late"));
  await settle();
  expect([received, await connection.closed]).toEqual([[], closed]);
});

test("chunks that come although it was paused wait, and are delivered in order", async () => {
  const received: unknown[] = [];
  let release!: () => void;
  const { peer, transport } = await openRaw(
    {},
    {
      message: (_, message) => (
        received.push(message),
        received.length === 1 ? new Promise<void>((resolve) => (release = resolve)) : undefined
      ),
    },
  );
  peer.write(clientFrame(Opcode.TEXT, "one"));
  await settle();
  for (const text of ["two", "three", "four"]) reports(transport).received(clientFrame(Opcode.TEXT, text));
  await settle();
  expect([received, transport.reading]).toEqual([["one"], false]);
  release();
  await settle();
  expect([received, transport.reading]).toEqual([["one", "two", "three", "four"], true]);
});

test("one that is drained from within `write` ends a closing handshake cleanly all the same", async () => {
  const { connection, peer, transport } = await openRaw({}, {});
  const write = transport.write.bind(transport);
  let drained = 0;
  transport.write = (pieces) => {
    write(pieces);
    drained++;
    reports(transport).drained();
  };
  peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
  await settle();
  peer.transport.end();
  expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
  expect([drained, peer.takeFrames("client").map(({ opcode }) => opcode)]).toEqual([1, [Opcode.CLOSE]]);
});

test("one that reports that some has been taken, though not all, is not stalled", async () => {
  const { connection, peer, transport, clock } = await openRaw({ stallTimeout: 30_000, keepAlive: false }, {}, { capacity: 10 });
  peer.transport.pause();
  connection.send(new Uint8Array(1_000));
  for (let count = 0; count < 3; count++) {
    await clock.advance(20_000);
    reports(transport).drained();
    expect([connection.state, connection.bufferedBytes > 0]).toEqual(["open", true]);
  }
  await clock.advance(30_000);
  expect((await connection.closed).error!.code).toBe("BUFFER_STALLED");
});

test("what comes behind an opening handshake that was given up is not looked at", async () => {
  const { host, group, clock } = manualHost();
  const [near, far] = memoryTransportPair(group.clock);
  const controller = new AbortController();
  const opening = openConnection(host, connectTarget(new URL("ws://a")), () => near, { signal: controller.signal });
  await settle();
  controller.abort(new Error("enough"));
  await expect(opening).rejects.toThrow("connecting was aborted");
  reports(near).received(ascii("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  reports(near).ended();
  await settle();
  expect([far.closed, clock.pending, group.deadlines.size]).toEqual([true, 0, 0]);
});
