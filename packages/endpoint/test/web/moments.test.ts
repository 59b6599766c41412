/** What happens at moments that only a host's order of tasks makes, and hosts that are not what they should be. */
import type { ConnectionHandlers, OpenOptions } from "@ws/endpoint";
import { expect, test } from "vitest";

import { TestHost } from "./host.ts";

/** A host whose `connect` is replaced. */
function hostWith(connect: (host: TestHost, original: TestHost["connect"]) => TestHost["connect"]): TestHost {
  const host = new TestHost();
  Object.assign(host, { connect: connect(host, host.connect) });
  return host;
}

function recorded(socket: EventTarget): string[] {
  const log: string[] = [];
  for (const type of ["open", "message", "error", "close"])
    socket.addEventListener(type, (event) => log.push(type === "close" ? `close ${(event as CloseEvent).code}` : type));
  return log;
}

test.each([
  [new TypeError("no network"), "no network"],
  ["no network either", "no network either"],
])("a host that cannot connect and rejects with %s: error and close, with its words", async (reason, message) => {
  const host = hostWith(() => () => Promise.reject(reason as Error));
  const socket = new host.WebSocket("ws://localhost");
  const log = recorded(socket);
  let told: unknown;
  socket.addEventListener("error", (event) => (told = (event as unknown as { error: unknown }).error));
  await host.run();
  expect(log).toEqual(["error", "close 1006"]);
  expect(told).toMatchObject({ code: "TRANSPORT_LOST", message, cause: reason });
  const stream = new host.WebSocketStream("ws://localhost");
  const opened = expect(stream.opened).rejects.toMatchObject({ name: "WebSocketError", cause: { code: "TRANSPORT_LOST" } });
  await host.run();
  await opened;
});

test("a signal that aborts when the connection is established already does nothing, although `connect` has not answered", async () => {
  const controller = new AbortController();
  const host = hostWith((_, original) => async (url: URL, options: OpenOptions, handlers: ConnectionHandlers<undefined>) => {
    const connection = await original(url, options, handlers);
    controller.abort();
    return connection;
  });
  const socket = new host.WebSocket("ws://localhost", { signal: controller.signal });
  const log = recorded(socket);
  await host.run();
  expect([log, socket.readyState]).toEqual([["open"], 1]);
});

test("WebSocketStream: a signal that aborts behind close() does nothing", async () => {
  const host = new TestHost();
  const controller = new AbortController();
  const stream = new host.WebSocketStream("ws://localhost", { signal: controller.signal });
  stream.close();
  controller.abort(new Error("too late"));
  await host.run();
  await expect(stream.opened).rejects.toMatchObject({ name: "WebSocketError" });
  await expect(stream.closed).rejects.toMatchObject({ name: "WebSocketError" });
});

test("a message whose task is queued already when close() is called is not delivered", async () => {
  const host = new TestHost();
  host.handler = {};
  const socket = new host.WebSocket("ws://localhost");
  const log = recorded(socket);
  await host.run();
  host.accepted[0]!.send("late");
  expect(await host.settle()).toBeGreaterThan(0);
  socket.close(3001);
  await host.run();
  expect(log).toEqual(["open", "close 3001"]);
});

test("WebSocketStream: a message whose task is queued already when close() is called is not delivered", async () => {
  const host = new TestHost();
  host.handler = {};
  const stream = new host.WebSocketStream("ws://localhost");
  await host.run();
  const { readable } = await stream.opened;
  host.accepted[0]!.send("late");
  expect(await host.settle()).toBeGreaterThan(0);
  stream.close({ closeCode: 3001 });
  await host.run();
  expect(await readable.getReader().read()).toEqual({ done: true, value: undefined });
  expect((await stream.closed).closeCode).toBe(3001);
});

test("WebSocketStream: a write behind the peer's Close is rejected when the connection is closed", async () => {
  const host = new TestHost();
  host.handler = {};
  const stream = new host.WebSocketStream("ws://localhost");
  await host.run();
  const writer = (await stream.opened).writable.getWriter();
  host.accepted[0]!.close(3000);
  await host.settle();
  const writing = expect(writer.write("late")).rejects.toMatchObject({ name: "InvalidStateError" });
  await host.run();
  await writing;
  expect((await stream.closed).closeCode).toBe(3000);
});

test("an event handler attribute that is null stays so when it is set to null", async () => {
  const host = new TestHost();
  const socket = new host.WebSocket("ws://localhost");
  const log: string[] = [];
  socket.onopen = null;
  socket.onopen = () => void log.push("never");
  socket.onopen = null;
  socket.onopen = null;
  expect(socket.onopen).toBe(null);
  await host.run();
  expect([socket.readyState, log]).toEqual([1, []]);
});

test("the option `origin` is what the server sees, and what no origin can be is refused at once", async () => {
  const host = new TestHost();
  host.handler = {};
  const socket = new host.WebSocket("ws://localhost", { origin: "http://localhost" });
  await host.run();
  expect(host.accepted[0]!.request!.headers.get("origin")).toBe("http://localhost");
  expect(socket.readyState).toBe(1);
  expect(() => new host.WebSocket("ws://localhost", { origin: "a\r\nb" })).toThrow(TypeError);
});
