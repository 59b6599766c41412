import type { CloseEventClass } from "@ws/endpoint/web";

import { assert, collectGarbage, equal, eventually } from "../../case.ts";
import { unmasked } from "../../raw.ts";
import { messages, next, recorded, web, type WebCase, task } from "../case.ts";

const frames = [
  unmasked(1, "one"),
  unmasked(2, new Uint8Array([1, 2, 3])),
  unmasked(1, "three"),
  unmasked(8, Buffer.from([0x0b, 0xb8, 98, 121, 101])),
];

/** §5.2: RSV1 without an extension. */
const violation = Uint8Array.of(0xc1, 0x00);

export const events: readonly WebCase[] = [
  web("events: one order, each a task with its microtasks before the next", async (t) => {
    const { url, accepted } = await t.rawServer([], ...frames);
    const socket = t.socket(url);
    const log: string[] = [];
    for (const type of ["open", "message", "close"]) {
      socket.addEventListener(type, () => {
        log.push(type);
        queueMicrotask(() => void Promise.resolve().then(() => log.push(`after ${type}`)));
      });
    }
    const closed = next(socket, "close");
    (await accepted).peer.socket.end();
    await closed;
    await task();
    equal(log, [
      "open",
      "after open",
      "message",
      "after message",
      "message",
      "after message",
      "message",
      "after message",
      "close",
      "after close",
    ]);
  }),
  web("events: the state changes with its event, not before the messages that came first", async (t) => {
    const { url, accepted } = await t.rawServer([], ...frames);
    const socket = t.socket(url);
    const states: number[] = [];
    for (const type of ["open", "message", "close"]) socket.addEventListener(type, () => states.push(socket.readyState));
    (await accepted).peer.socket.end();
    await next(socket, "close");
    equal(states, [1, 1, 1, 1, 3]);
  }),
  web("events: a message before a violation in one segment is seen while open, and its answer leaves first", async (t) => {
    for (const before of ["sync", "awaits"] as const) {
      const { url, accepted } = await t.rawServer([], unmasked(1, "one"), unmasked(1, "two"), violation);
      const socket = t.socket(url, { compress: false });
      const log: string[] = [];
      const answer = async (data: unknown): Promise<void> => {
        log.push(`message ${String(data)} ${socket.readyState}`);
        if (before === "awaits") for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        log.push(`answer ${String(data)} ${socket.readyState}`);
        socket.send(`answer to ${String(data)}`);
      };
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => void answer(data);
      socket.onerror = () => log.push(`error ${socket.readyState}`);
      const closed = next(socket, "close");
      const { peer } = await accepted;
      for (const text of ["hello", "answer to one", "answer to two"]) equal(Buffer.from((await peer.readFrame()).payload).toString(), text);
      const { header, payload } = await peer.readFrame();
      equal([header.opcode, (payload[0]! << 8) | payload[1]!], [8, 1002], "our Close");
      peer.socket.end();
      equal([(await closed).code, socket.readyState], [1006, 3]);
      equal(log, ["message one 1", "answer one 1", "message two 1", "answer two 1", "error 3"], before);
    }
  }),
  web("events: a violation right behind the handshake comes after open, and what open sends leaves first", async (t) => {
    const { url, accepted } = await t.rawServer([], violation);
    const socket = t.socket(url, { compress: false });
    socket.onopen = () => socket.send(`state ${socket.readyState}`);
    const log = recorded(socket);
    const closed = next(socket, "close");
    const { peer } = await accepted;
    equal(Buffer.from((await peer.readFrame()).payload).toString(), "state 1");
    equal((await peer.readFrame()).header.opcode, 8);
    peer.socket.end();
    await closed;
    equal(log, ["open", "error", "close"]);
  }),
  web("events: the answer to the last message before the peer's Close leaves before ours", async (t) => {
    const { url, accepted } = await t.rawServer([], ...frames);
    const socket = t.socket(url, { compress: false });
    socket.onmessage = ({ data }) => socket.send(typeof data === "string" ? data : "bytes");
    const { peer } = await accepted;
    for (const text of ["one", "bytes", "three"]) equal(Buffer.from((await peer.readFrame()).payload).toString(), text);
    equal((await peer.readFrame()).header.opcode, 8);
    peer.socket.end();
    equal((await next(socket, "close")).wasClean, true);
  }),
  web("events: not in microtasks: listeners that are added after some of these hear everything", async (t) => {
    const { url, accepted } = await t.rawServer([], ...frames);
    const socket = t.socket(url);
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    const log = recorded(socket);
    (await accepted).peer.socket.end();
    await next(socket, "close");
    equal(log, ["open", "message", "message", "message", "close"]);
  }),
  web("events: message is a MessageEvent with data and the origin of the URL", async (t) => {
    const { url } = await t.rawServer([], unmasked(1, "text"));
    const socket = t.socket(`${url}/path?query`);
    const event = await next(socket, "message");
    assert(event instanceof MessageEvent, "MessageEvent");
    equal(
      [event.type, event.data, event.origin, event.lastEventId, event.source, event.ports.length, event.bubbles, event.cancelable],
      ["message", "text", url, "", null, 0, false, false],
    );
  }),
  web("events: close is a CloseEvent of the host", async (t) => {
    const { socket, peer } = await t.rawPair();
    peer.write(frames[3]!);
    peer.socket.end();
    const event = await next(socket, "close");
    assert(event instanceof t.api.getCloseEvent(), "CloseEvent");
    const { CloseEvent } = globalThis as { CloseEvent?: CloseEventClass };
    if (CloseEvent !== undefined) assert(event instanceof CloseEvent, "the host's too");
    equal([event.code, event.reason, event.bubbles, event.cancelable], [3000, "bye", false, false]);
  }),
  web("binaryType: blob by default, arraybuffer when set, and what else is set is ignored", async (t) => {
    const { socket, peer } = await t.rawPair();
    const bytes = new Uint8Array([0, 1, 254, 255]);
    peer.write(unmasked(2, bytes));
    const blob: unknown = (await next(socket, "message")).data;
    assert(blob instanceof Blob && blob.size === 4 && blob.type === "", "a Blob");
    equal(new Uint8Array(await blob.arrayBuffer()), bytes);
    socket.binaryType = "arraybuffer";
    socket.binaryType = "nodebuffer" as never;
    socket.binaryType = null as never;
    equal(socket.binaryType, "arraybuffer");
    peer.write(Buffer.concat([unmasked(2, bytes), unmasked(2, "")]));
    const [buffer, empty] = await messages(socket, 2);
    assert(buffer instanceof ArrayBuffer && empty instanceof ArrayBuffer && empty.byteLength === 0, "ArrayBuffers");
    equal(new Uint8Array(buffer), bytes);
  }),
  web("binaryType: the ArrayBuffer has the bytes of the message and nothing else, however they came", async (t) => {
    const { socket, peer } = await t.rawPair();
    socket.binaryType = "arraybuffer";
    const parts = [
      unmasked(2, "abc", { fin: false }),
      unmasked(0, "de", { fin: false }),
      unmasked(0, "f"),
      unmasked(2, "whole"),
      unmasked(2, new Uint8Array(70_000), { fin: false }),
      unmasked(0, "x"),
    ];
    peer.write(Buffer.concat(parts));
    const buffers = (await messages(socket, 3)) as ArrayBuffer[];
    equal(
      buffers.map(({ byteLength }) => byteLength),
      [6, 5, 70_001],
    );
    equal(Buffer.from(buffers[0]!).toString(), "abcdef");
  }),
  web("binaryType: counts when the event fires", async (t) => {
    const { url } = await t.rawServer([], unmasked(2, "a"), unmasked(2, "b"));
    const socket = t.socket(url);
    const kinds: string[] = [];
    socket.addEventListener("message", ({ data }) => {
      kinds.push(Object.prototype.toString.call(data));
      socket.binaryType = "arraybuffer";
    });
    await messages(socket, 2);
    equal(kinds, ["[object Blob]", "[object ArrayBuffer]"]);
  }),
  web("handlers: null for what is no object, and an object is kept though it cannot be called", (t) => {
    const socket = t.socket("ws://127.0.0.1:9/");
    for (const name of ["onopen", "onmessage", "onerror", "onclose"] as const) {
      const target = socket as unknown as Record<string, unknown>;
      for (const value of [undefined, null, 1, "x", true, Symbol("x")]) {
        target[name] = (): void => undefined;
        target[name] = value;
        equal(target[name], null, name);
      }
      const object = { handleEvent: () => assert(false, "an attribute's handleEvent is not called") };
      target[name] = object;
      assert(target[name] === object, "the object");
      const handler = (): void => undefined;
      target[name] = handler;
      assert(target[name] === handler, "the function");
    }
    socket.onmessage = { handleEvent: () => assert(false, "called") } as never;
    socket.dispatchEvent(new Event("message"));
  }),
  web("handlers: take their place when first set, keep it when replaced, lose it with null", (t) => {
    const socket = t.socket("ws://127.0.0.1:9/");
    let log: string[] = [];
    const fire = (): string[] => {
      log = [];
      socket.dispatchEvent(new Event("open"));
      return log;
    };
    socket.onopen = () => log.push("x");
    socket.addEventListener("open", () => log.push("a"));
    socket.onopen = () => log.push("handler");
    equal(fire(), ["handler", "a"]);
    socket.onopen = null;
    equal(fire(), ["a"]);
    socket.onopen = () => log.push("handler");
    equal(fire(), ["a", "handler"]);
  }),
  web("handlers: are called with the WebSocket as this and the event; false cancels", (t) => {
    const socket = t.socket("ws://127.0.0.1:9/");
    const event = new Event("close", { cancelable: true });
    const seen: unknown[] = [];
    socket.onclose = function (this: unknown, ...parameters: unknown[]) {
      seen.push(this === socket, parameters.length, parameters[0] === event);
      return false;
    };
    equal(socket.dispatchEvent(event), false);
    equal(seen, [true, 1, true]);
  }),
  web(
    "garbage: an open connection with a listener stays alive without references",
    async (t) => {
      const { url, accepted } = await t.rawServer();
      let received = "";
      (() => {
        const socket = new t.api.WebSocket(url);
        socket.onmessage = ({ data }) => {
          received = data as string;
        };
      })();
      const { peer } = await accepted;
      await collectGarbage();
      peer.write(unmasked(1, "alive"));
      await eventually(() => received === "alive", "the message");
      peer.write(unmasked(8, ""));
      peer.socket.end();
    },
    { alone: true },
  ),
];
