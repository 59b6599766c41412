import { createCloseEvent } from "@ws/endpoint/web";

import { assert, equal } from "../../case.ts";
import { throws, web, type WebCase } from "../case.ts";

function members(prototype: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([, descriptor]) => descriptor.enumerable)
      .map(([name, { get, set, value }]) => [
        name,
        typeof value === "function" ? `method ${value.length}` : get ? (set ? "attribute" : "readonly") : `constant ${String(value)}`,
      ]),
  );
}

export const interfaces: readonly WebCase[] = [
  web(
    "WebSocket: the interface object inherits from EventTarget, has length 1 and cannot be called without new",
    ({ api: { WebSocket } }) => {
      equal(WebSocket.length, 1, "length");
      equal(WebSocket.name, "WebSocket", "name");
      assert(Object.getPrototypeOf(WebSocket) === EventTarget, "prototype of the interface object");
      assert(Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype, "prototype of the prototype object");
      assert(WebSocket.prototype.constructor === (WebSocket as unknown), "constructor");
      const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(WebSocket, "prototype")!;
      equal([writable, enumerable, configurable], [false, false, false], "descriptor of prototype");
      throws(() => (WebSocket as unknown as (url: string) => void)("ws://127.0.0.1"), "TypeError");
    },
  ),
  web("WebSocket: exactly the members of the standard are enumerable, each with its kind and length", ({ api: { WebSocket } }) => {
    equal(
      Object.entries(members(WebSocket.prototype)).sort(),
      Object.entries({
        url: "readonly",
        CONNECTING: "constant 0",
        OPEN: "constant 1",
        CLOSING: "constant 2",
        CLOSED: "constant 3",
        readyState: "readonly",
        bufferedAmount: "readonly",
        onopen: "attribute",
        onerror: "attribute",
        onclose: "attribute",
        extensions: "readonly",
        protocol: "readonly",
        close: "method 0",
        onmessage: "attribute",
        binaryType: "attribute",
        send: "method 1",
      }).sort(),
    );
  }),
  web(
    "WebSocket: attributes and methods are configurable, methods writable, and functions have the names of Web IDL",
    ({ api: { WebSocket } }) => {
      for (const [name, { get, set, value, writable, configurable }] of Object.entries(
        Object.getOwnPropertyDescriptors(WebSocket.prototype),
      )) {
        if (/^[A-Z]/.test(name) || name === "constructor") continue;
        equal(configurable, true, `${name} configurable`);
        if (typeof value === "function") equal([value.name, writable], [name, true], `method ${name}`);
        if (get) equal(get.name, `get ${name}`, "getter's name");
        if (set) equal([set.name, set.length], [`set ${name}`, 1], "setter");
      }
    },
  ),
  web("WebSocket: constants stand on the interface and its prototype, and cannot be changed", ({ api: { WebSocket } }) => {
    for (const owner of [WebSocket, WebSocket.prototype]) {
      for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
        equal(Object.getOwnPropertyDescriptor(owner, name), { value, writable: false, enumerable: true, configurable: false }, name);
      }
    }
  }),
  web("WebSocket: Symbol.toStringTag is the interface's name", (t) => {
    equal(Object.getOwnPropertyDescriptor(t.api.WebSocket.prototype, Symbol.toStringTag), {
      value: "WebSocket",
      writable: false,
      enumerable: false,
      configurable: true,
    });
    equal(Object.prototype.toString.call(t.socket("ws://127.0.0.1:9")), "[object WebSocket]");
  }),
  web("WebSocket: members called on something else throw a TypeError", ({ api: { WebSocket } }) => {
    for (const [name, { get, set, value }] of Object.entries(Object.getOwnPropertyDescriptors(WebSocket.prototype))) {
      if (name === "constructor") continue;
      for (const other of [{}, new EventTarget(), WebSocket.prototype]) {
        if (get) throws(() => get.call(other), "TypeError", `get ${name}`);
        if (set) throws(() => set.call(other, null), "TypeError", `set ${name}`);
        if (typeof value === "function" && name !== "ping")
          throws(() => Reflect.apply(value as () => void, other, [999]), "TypeError", name);
      }
    }
  }),
  web("WebSocket: can be extended", (t) => {
    class Mine extends t.api.WebSocket {
      get mine(): string {
        return this.url;
      }
    }
    const socket = new Mine("ws://127.0.0.1:9/a");
    t.defer(() => socket.terminate());
    equal(
      [socket.mine, socket instanceof t.api.WebSocket, socket instanceof EventTarget, Mine.OPEN],
      ["ws://127.0.0.1:9/a", true, true, 1],
    );
  }),
  web("WebSocketStream: members called on something else throw a TypeError", ({ api: { WebSocketStream } }) => {
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(WebSocketStream.prototype))) {
      if (name === "constructor") continue;
      for (const other of [{}, WebSocketStream.prototype]) {
        if (get) throws(() => get.call(other), "TypeError", `get ${name}`);
        if (typeof value === "function") throws(() => Reflect.apply(value as () => void, other, [{ closeCode: 999 }]), "TypeError", name);
      }
    }
  }),
  web("WebSocketStream: the members of the draft, with their kinds", ({ api: { WebSocketStream } }) => {
    equal(members(WebSocketStream.prototype), { url: "readonly", opened: "readonly", closed: "readonly", close: "method 0" });
    equal([WebSocketStream.length, WebSocketStream.name], [1, "WebSocketStream"]);
    equal(Object.getOwnPropertyDescriptor(WebSocketStream.prototype, Symbol.toStringTag)?.value, "WebSocketStream");
    throws(() => new (WebSocketStream as unknown as new () => void)(), "TypeError");
  }),
  web("WebSocketError: a DOMException with closeCode and reason", ({ api: { WebSocketError } }) => {
    equal(members(WebSocketError.prototype), { closeCode: "readonly", reason: "readonly" });
    const error = new WebSocketError("why", { closeCode: 3456, reason: "pizza" });
    equal([error.name, error.message, error.closeCode, error.reason, error.code], ["WebSocketError", "why", 3456, "pizza", 0]);
    assert(error instanceof DOMException && error instanceof Error && error instanceof WebSocketError, "inheritance");
    equal(Object.prototype.toString.call(error), "[object WebSocketError]");
    equal([WebSocketError.length, WebSocketError.name], [0, "WebSocketError"]);
  }),
  web("WebSocketError: no code is null, and 1000 when there is a reason", ({ api: { WebSocketError } }) => {
    const of = (init?: object): unknown => {
      const { closeCode, reason } = new WebSocketError("", init);
      return [closeCode, reason];
    };
    equal(
      [of(), of({}), of({ reason: "" }), of({ reason: "why" }), of({ closeCode: 1000 })],
      [
        [null, ""],
        [null, ""],
        [null, ""],
        [1000, "why"],
        [1000, ""],
      ],
    );
  }),
  web("WebSocketError: refuses codes and reasons that programs may not send", ({ api: { WebSocketError } }) => {
    for (const closeCode of [0, 999, 1001, 1006, 2999, 5000])
      throws(() => new WebSocketError("", { closeCode }), "InvalidAccessError", String(closeCode));
    for (const closeCode of [-1, 65_536, NaN, Infinity])
      throws(() => new WebSocketError("", { closeCode }), "TypeError", String(closeCode));
    throws(() => new WebSocketError("", { reason: "é".repeat(62) }), "SyntaxError");
    throws(() => new WebSocketError("", true as never), "TypeError");
    equal(new WebSocketError("", { reason: "é".repeat(61) }).reason.length, 61);
  }),
  web("CloseEvent: carries wasClean, code and reason", ({ api }) => {
    for (const Class of [api.getCloseEvent(), createCloseEvent()]) {
      const event = new Class("close", { wasClean: true, code: 1001, reason: "why" });
      equal([event.type, event.wasClean, event.code, event.reason, event.bubbles], ["close", true, 1001, "why", false]);
      const empty = new Class("close");
      equal([empty.wasClean, empty.code, empty.reason], [false, 0, ""]);
      assert(event instanceof Event, "is an Event");
    }
  }),
  web("CloseEvent: converts and shows its members as Web IDL says, whoever's it is", ({ api }) => {
    for (const CloseEvent of [api.getCloseEvent(), createCloseEvent()]) {
      throws(() => new (CloseEvent as unknown as new () => void)(), "TypeError");
      const event = new CloseEvent("close", { wasClean: "yes" as never, code: 65_537 + 1000, reason: "\ud800", cancelable: true });
      equal([event.wasClean, event.code, event.reason, event.cancelable], [true, 1001, "\ufffd", true]);
      equal(new CloseEvent("close", null as never).code, 0, "no dictionary");
      throws(() => new CloseEvent("close", 5 as never), "TypeError");
      equal(members(CloseEvent.prototype as object), { wasClean: "readonly", code: "readonly", reason: "readonly" });
      equal([CloseEvent.name, CloseEvent.length, Object.prototype.toString.call(event)], ["CloseEvent", 1, "[object CloseEvent]"]);
      const { get } = Object.getOwnPropertyDescriptor(CloseEvent.prototype, "code")!;
      throws(() => get!.call({}), "TypeError");
    }
  }),
];
