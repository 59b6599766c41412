import { openOptions } from "@ws/endpoint/internal";
import { expect, test } from "vitest";

test("loading the interfaces does not look at what Node loads with fetch", async () => {
  const looked: string[] = [];
  for (const name of ["CloseEvent", "MessageEvent", "WebSocket", "fetch", "Response", "Blob", "ReadableStream"]) {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name)!;
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        looked.push(name);
        Object.defineProperty(globalThis, name, descriptor);
        return (globalThis as Record<string, unknown>)[name];
      },
    });
  }
  const { defineWebSocket, defineWebSocketStream } = await import("../../src/web/index.ts");
  const host = {
    connect: () => Promise.reject(new Error()),
    knownOptions: openOptions,
    deflate: () => ({}) as never,
    queueTask: () => undefined,
  };
  defineWebSocket(host);
  defineWebSocketStream(host);
  expect(looked).toEqual([]);
});
