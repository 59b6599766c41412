import { expect, test } from "vitest";

import { TestHost } from "./host.ts";

function recorded(socket: EventTarget): string[] {
  const log: string[] = [];
  for (const type of ["open", "message", "error", "close"]) {
    socket.addEventListener(type, (event) =>
      log.push(type === "close" ? `close ${(event as CloseEvent).code} ${(event as CloseEvent).wasClean}` : type),
    );
  }
  return log;
}

test("nothing is visible before its task runs, however much has arrived", async () => {
  const host = new TestHost();
  host.handler = {
    open: (connection) => {
      connection.send("one");
      connection.send("two");
      connection.close(3000, "bye");
    },
  };
  const socket = new host.WebSocket("ws://localhost", "chat");
  const log = recorded(socket);
  await host.settle();
  expect([socket.readyState, socket.protocol, log]).toEqual([0, "", []]);
  const seen: unknown[] = [];
  for (let settled = await host.settle(); settled > 0; settled = await host.settle()) {
    host.tasks.shift()!();
    const now = `${socket.readyState} ${log.at(-1)}`;
    if (now !== seen.at(-1)) seen.push(now);
  }
  expect(seen).toEqual(["1 open", "1 message", "2 message", "3 close 3000 true"]);
  expect(log).toEqual(["open", "message", "message", "close 3000 true"]);
});

test("a message whose task comes after close() is not delivered", async () => {
  const host = new TestHost();
  host.handler = { open: (connection) => void connection.send("late") };
  const socket = new host.WebSocket("ws://localhost");
  const log = recorded(socket);
  await host.settle();
  host.tasks.shift()!();
  socket.close(3001);
  await host.run();
  expect(log).toEqual(["open", "close 3001 true"]);
});

test("closed before the task of an established connection: as if it had never been established", async () => {
  for (const handler of [{}, { open: (connection: { close(code: number): void }) => connection.close(3000) }]) {
    const host = new TestHost();
    host.handler = handler;
    const socket = new host.WebSocket("ws://localhost");
    const log = recorded(socket);
    expect(await host.settle()).toBeGreaterThan(0);
    socket.close();
    await host.run();
    expect(log).toEqual(["error", "close 1006 false"]);
  }
});

test("WebSocketStream: closed before the task of an established connection rejects both promises", async () => {
  for (const handler of [{}, { open: (connection: { close(code: number): void }) => connection.close(3000) }]) {
    const host = new TestHost();
    host.handler = handler;
    const stream = new host.WebSocketStream("ws://localhost");
    expect(await host.settle()).toBeGreaterThan(0);
    stream.close();
    await host.run();
    await expect(stream.opened).rejects.toMatchObject({ name: "WebSocketError", closeCode: 1006 });
    await expect(stream.closed).rejects.toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  }
});

test("WebSocketStream: the signal is let go of when the handshake is over", async () => {
  const host = new TestHost();
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (...parameters: Parameters<typeof add>) => (listeners++, add(...parameters)),
    removeEventListener: (...parameters: Parameters<typeof remove>) => (listeners--, remove(...parameters)),
  });
  const stream = new host.WebSocketStream("ws://localhost", { signal });
  expect(listeners).toBe(1);
  await host.run();
  expect(listeners).toBe(0);
  const socket = new host.WebSocket("ws://localhost", { signal });
  expect(listeners).toBe(1);
  await host.run();
  expect([listeners, socket.readyState]).toEqual([0, 1]);
  stream.close();
  socket.close();
  await host.run();
});

test("a Blob that cannot be read fails the connection, with error and close", async () => {
  const host = new TestHost();
  const socket = new host.WebSocket("ws://localhost");
  const log = recorded(socket);
  await host.run();
  class Gone extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return Promise.reject(new Error("the file is gone"));
    }
  }
  socket.send(new Gone(["abc"]));
  socket.send("behind it");
  await host.run();
  expect(log).toEqual(["open", "error", "close 1006 false"]);
  expect(socket.bufferedAmount).toBe(12);
});

test("bufferedAmount stays as it was when the task began, until the next", async () => {
  const host = new TestHost();
  const socket = new host.WebSocket("ws://localhost");
  await host.run();
  socket.send("12345");
  socket.send("67");
  // Time: that the value stays shows by no event.
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(socket.bufferedAmount).toBe(7);
  await host.run();
  expect(socket.bufferedAmount).toBe(0);
  socket.close();
  socket.send("89");
  await host.run();
  expect(socket.bufferedAmount).toBe(2);
});

test("what waits behind a Blob is limited by maxBufferedBytes", async () => {
  const host = new TestHost();
  const socket = new host.WebSocket("ws://localhost", { maxBufferedBytes: 1_000 });
  const log = recorded(socket);
  await host.run();
  class Slow extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return new Promise(() => undefined);
    }
  }
  socket.send(new Slow(["abc"]));
  for (let index = 0; index < 11; index++) socket.send(new Uint8Array(100));
  await host.run();
  expect(log).toEqual(["open", "error", "close 1006 false"]);
});

test("Blobs that have been sent no longer count", async () => {
  const host = new TestHost();
  const socket = new host.WebSocket("ws://localhost", { maxBufferedBytes: 1_000, compress: false });
  const log = recorded(socket);
  await host.run();
  for (let index = 0; index < 4; index++) {
    socket.send(new Blob([new Uint8Array(900)]));
    await host.run();
  }
  expect(log).toEqual(["open", "message", "message", "message", "message"]);
});
