/** How connections end when something is in the way: what was accepted and not sent, a program that is slow, a loop that stalls. */
import { spawn } from "node:child_process";

import { Opcode } from "@ws/codec";
import type { Closed } from "@ws/endpoint";

import { assert, type Case, delay, equal, eventually, local, stall } from "../case.ts";
import { countedSignal } from "../counted-signal.ts";
import { deadline } from "../patience.ts";
import { closePayload, masked, rawOpen, requestHead } from "../raw.ts";

const MiB = 1 << 20;

/** A client in a process of its own that answers every Ping. */
const answering = (port: number): string => `
const socket = require("node:net").connect(${port}, "127.0.0.1");
socket.write(${JSON.stringify(requestHead())});
let open = false;
socket.on("data", (bytes) => {
  if (!open) {
    const end = bytes.indexOf("\\r\\n\\r\\n");
    if (end < 0) return;
    open = true;
    bytes = bytes.subarray(end + 4);
  }
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 1] & 127;
    if ((bytes[at] & 15) === 9) socket.write(Buffer.from([138, 128 | length, 0, 0, 0, 0, ...bytes.subarray(at + 2, at + 2 + length)]));
    at += 2 + length;
  }
});
socket.on("error", () => process.exit());
socket.on("close", () => process.exit());
`;

export const endings: Case[] = [
  local(
    "a peer that answers every Ping survives stalls of our loop that are longer than the timeout",
    async (t) => {
      const server = await t.listen({ keepAlive: { interval: deadline(300), timeout: deadline(300) } }, { message: () => undefined });
      const child = spawn("node", ["-e", answering(server.port)], { stdio: "ignore" });
      t.defer(() => child.kill());
      await eventually(() => server.connections.size === 1, "open");
      for (let round = 0; round < 3; round++) {
        await delay(deadline(340), "past a deadline");
        // Time: longer than the timeout.
        stall(deadline(900));
      }
      await delay(100, "nothing follows");
      equal(server.connections.size, 1, "connections");
    },
    { alone: true },
  ),
  local("our Close never leaves: not clean, with the peer's code", async (t) => {
    let closed: Closed | undefined;
    const server = await t.listen(
      { closeTimeout: 300, maxBufferedBytes: 64 * MiB },
      {
        open: (connection) => {
          connection.send(new Uint8Array(32 * MiB));
          void connection.closed.then((outcome) => (closed = outcome));
        },
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    peer.write(masked(Opcode.CLOSE, closePayload(1000, "bye")));
    await eventually(() => closed !== undefined, "closed");
    equal([closed!.code, closed!.reason, closed!.wasClean], [1000, "bye", false]);
    assert(closed!.error !== undefined, "an error says why");
  }),
  local("a peer that reads nothing is given up after `stallTimeout`, though it talks", async (t) => {
    let closed: Closed | undefined;
    const server = await t.listen(
      { stallTimeout: 300, maxBufferedBytes: 64 * MiB },
      {
        open: (connection) => {
          connection.send(new Uint8Array(32 * MiB));
          void connection.closed.then((outcome) => (closed = outcome));
        },
        message: () => undefined,
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    const talk = setInterval(() => peer.write(masked(Opcode.TEXT, "I live")), 50);
    t.defer(() => clearInterval(talk));
    await eventually(() => closed !== undefined, "closed");
    equal(closed!.error?.code, "BUFFER_STALLED");
  }),
  local("a writer that is never ended keeps neither `idleTimeout` nor close() waiting", async (t) => {
    const closed: Closed[] = [];
    const server = await t.listen(
      { idleTimeout: 200, closeTimeout: 200 },
      {
        open: (connection) => {
          void connection.closed.then((outcome) => closed.push(outcome));
          connection.beginMessage("text")?.write("begun");
          if (connection.request?.target === "/close") connection.close(1000);
        },
      },
    );
    for (const target of ["/idle", "/close"]) await (await rawOpen(t, server.port, target)).readAll();
    await eventually(() => closed.length === 2, "closed");
    equal(
      closed.map(({ error }) => error?.code),
      ["MESSAGE_BROKEN", "MESSAGE_BROKEN"],
    );
  }),
  local("sendStream from a source that hangs settles when the peer leaves, and lets the source go", async (t) => {
    let answer: string | undefined;
    let returned = false;
    const server = await t.listen(
      {},
      {
        open: (connection) => {
          const source = {
            [Symbol.asyncIterator]: () => ({
              next: () => new Promise<never>(() => undefined),
              return: () => ((returned = true), Promise.resolve({ done: true as const, value: undefined })),
            }),
          };
          void connection.sendStream(source).then((state) => (answer = state));
        },
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.reset();
    await eventually(() => answer === "closing" && returned, "settled and let go");
  }),
  local(
    "sendStream given up by its signal: nothing is sent before the first piece, and behind it the connection ends with 1011",
    async (t) => {
      const reason = new Error("no longer");
      const hanging = (...pieces: string[]) => ({
        [Symbol.asyncIterator]: () => ({
          next: () =>
            pieces.length === 0 ? new Promise<never>(() => undefined) : Promise.resolve({ done: false as const, value: pieces.shift()! }),
        }),
      });
      const given: [string, ReturnType<typeof countedSignal>, Promise<unknown>][] = [];
      let closed: Closed | undefined;
      const server = await t.listen(
        { closeTimeout: deadline(300) },
        {
          open: (connection) => void connection.closed.then((outcome) => (closed = outcome)),
          message: (connection, message) => {
            if (message === "abort") {
              for (const [, { abort }] of given) abort(reason);
              return;
            }
            const counted = countedSignal();
            const pieces = message === "begun" ? ["part"] : [];
            const sending = connection.sendStream(hanging(...pieces), { signal: counted.signal });
            given.push([String(message), counted, sending.catch((error: unknown) => error)]);
            connection.send("behind");
          },
        },
      );
      const peer = await rawOpen(t, server.port);
      const expectReason = async (): Promise<void> => {
        for (const [name, counted, settled] of given) equal([await settled, counted.listeners], [reason, 0], name);
      };
      // One has the turn, the other waits for it.
      for (const message of ["first", "second", "abort"]) peer.write(masked(Opcode.TEXT, message));
      for (let count = 0; count < 2; count++) equal(String.fromCharCode(...(await peer.readFrame()).payload), "behind");
      await expectReason();
      peer.write(masked(Opcode.TEXT, "begun"));
      equal(String.fromCharCode(...(await peer.readFrame()).payload), "part");
      peer.write(masked(Opcode.TEXT, "abort"));
      const close = await peer.readFrame();
      equal([close.header.opcode, close.payload[0], close.payload[1]], [Opcode.CLOSE, 0x03, 0xf3]);
      await expectReason();
      peer.write(masked(Opcode.CLOSE, closePayload(1011)));
      await eventually(() => closed !== undefined, "closed");
      equal([closed!.wasClean, closed!.error?.code, (closed!.error?.cause as Error).cause], [false, "MESSAGE_BROKEN", reason]);
    },
  ),
  local("a source that breaks: `closed` says that messages accepted behind it were not sent", async (t) => {
    let closed: Closed | undefined;
    const server = await t.listen(
      { closeTimeout: deadline(300) },
      {
        open: (connection) => {
          void connection.closed.then((outcome) => (closed = outcome));
          connection
            .sendStream(
              (async function* () {
                yield "part";
                await delay(20, "slow on purpose");
                throw new Error("source");
              })(),
            )
            .catch(() => undefined);
          equal([connection.send("one"), connection.send("two")], ["ready", "ready"]);
        },
      },
    );
    const peer = await rawOpen(t, server.port);
    equal((await peer.readFrame()).header.opcode, Opcode.TEXT);
    const close = await peer.readFrame();
    equal([close.header.opcode, close.payload[0], close.payload[1]], [Opcode.CLOSE, 0x03, 0xf3]);
    peer.write(masked(Opcode.CLOSE, closePayload(1011)));
    await eventually(() => closed !== undefined, "closed");
    equal([closed!.wasClean, closed!.error?.code], [false, "MESSAGE_BROKEN"]);
  }),
  local("bytes that are given away before they have left break their connection only", async (t) => {
    let closed: Closed | undefined;
    const server = await t.listen(
      { closeTimeout: deadline(300) },
      {
        message: (connection, message) => {
          const bytes = new Uint8Array(100_000);
          connection.send(bytes);
          // As `postMessage` to a worker does.
          if (message === "give away") structuredClone(bytes, { transfer: [bytes.buffer] });
          connection.send("after");
        },
        close: (_, outcome) => (closed ??= outcome),
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.write(masked(Opcode.TEXT, "give away"));
    const close = await peer.readFrame();
    equal([close.header.opcode, close.payload[0], close.payload[1]], [Opcode.CLOSE, 0x03, 0xf3]);
    peer.write(masked(Opcode.CLOSE, closePayload(1011)));
    await eventually(() => closed !== undefined, "closed");
    equal([closed!.wasClean, closed!.error?.code], [false, "MESSAGE_BROKEN"]);
    const other = await rawOpen(t, server.port);
    other.write(masked(Opcode.TEXT, "keep"));
    equal((await other.readFrame()).payload.length, 100_000, "the server serves on");
  }),
  local("bytes that are given away while the kernel takes no more end no process", async (t) => {
    const lent: Uint8Array<ArrayBuffer>[] = [];
    let closed = 0;
    const server = await t.listen(
      {},
      {
        message: (connection, message) => {
          if (message === "echo") connection.send(message);
          else for (let count = 0; count < 60; count++) connection.send((lent[count] = new Uint8Array(200_000)));
        },
        close: () => void closed++,
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    peer.write(masked(Opcode.TEXT, "much"));
    await eventually(() => lent.length === 60, "sent");
    await delay(100, "the kernel takes its time");
    for (const { buffer } of lent) structuredClone(buffer, { transfer: [buffer] });
    // A runtime that keeps the bytes sends all of them; elsewhere this connection ends, and no other.
    let received = 0;
    peer.socket.removeAllListeners("data").on("data", (bytes: Uint8Array) => (received += bytes.length));
    peer.socket.resume();
    await eventually(() => closed === 1 || received >= 60 * 200_000, "all of it, or the end");
    const other = await rawOpen(t, server.port);
    other.write(masked(Opcode.TEXT, "echo"));
    equal((await other.readFrame()).payload.length, 4, "the server serves on");
  }),
  local("`inspect` that throws is reported, and the connection goes on", async (t) => {
    const errors: unknown[] = [];
    const server = await t.listen(
      {
        onError: (error) => errors.push(error),
        inspect: () => {
          throw new Error("inspect");
        },
      },
      { message: (connection, message) => void connection.send(message) },
    );
    const peer = await rawOpen(t, server.port);
    peer.write(masked(Opcode.TEXT, "a"));
    equal(String.fromCharCode(...(await peer.readFrame()).payload), "a");
    equal(errors.map(String), ["Error: inspect", "Error: inspect"]);
  }),
  local("no handler is called from within abort()", async (t) => {
    let inside = false;
    const calls: boolean[] = [];
    const server = await t.listen(
      {},
      {
        message: (connection) => {
          // In a turn of its own, behind no event of the connection.
          setTimeout(() => {
            inside = true;
            connection.abort();
            inside = false;
          }, 1);
        },
        close: () => void calls.push(inside),
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.write(masked(Opcode.TEXT, "a"));
    await eventually(() => calls.length > 0, "closed");
    equal(calls, [false]);
  }),
  local("server.close waits for `close` handlers, and not longer than its timeout", async (t) => {
    for (const settles of [true, false]) {
      let done = false;
      const server = await t.adapter.listen(
        {},
        {
          close: () =>
            settles
              ? delay(200, "slow on purpose").then(() => {
                  done = true;
                })
              : new Promise<void>(() => undefined),
        },
      );
      const peer = await rawOpen(t, server.port);
      peer.socket.on("end", () => peer.socket.end());
      void peer.readFrame().then(() => peer.write(masked(Opcode.CLOSE, closePayload(1001))));
      await eventually(() => server.connections.size === 1, "open");
      await server.close({ timeout: settles ? 5_000 : 300 });
      equal(done, settles);
    }
  }),
  local("the answer to a Close carries its code and its reason", async (t) => {
    const server = await t.listen({}, { message: () => undefined });
    const peer = await rawOpen(t, server.port);
    peer.write(masked(Opcode.CLOSE, closePayload(3333, "so long")));
    equal((await peer.readFrame()).payload, closePayload(3333, "so long"));
  }),
  local("`bufferedBytes` keeps what never left when the connection is lost", async (t) => {
    let left: (() => number) | undefined;
    let closed = false;
    const server = await t.listen(
      { maxBufferedBytes: 64 * MiB },
      {
        open: (connection) => {
          connection.send(new Uint8Array(32 * MiB));
          left = () => connection.bufferedBytes;
          void connection.closed.then(() => (closed = true));
        },
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    await delay(100, "the kernel takes its time");
    peer.reset();
    await eventually(() => closed, "closed");
    assert(left!() > MiB, `${left!()} bytes`);
  }),
];
