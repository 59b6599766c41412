import { createHost, listenWith, type Listener, type ServerOptions } from "@ws/endpoint";
import { describe, expect, test, vi } from "vitest";

import { settle } from "./support/clock.ts";
import { countedSignal } from "../../contract/src/counted-signal.ts";
import { manualHost } from "./support/pair.ts";

function listener(close: () => unknown = () => undefined) {
  return { port: 8080, hostname: "127.0.0.1", close: vi.fn(close) };
}

const listening = (bound: Listener | PromiseLike<Listener>, options: ServerOptions, host = manualHost().host) =>
  listenWith(host, { open: () => bound }, options, {});

describe("the signal of a server", () => {
  test("aborted, it closes as close() does, which then waits for the same end", async () => {
    const counted = countedSignal();
    const bound = listener();
    const server = await listening(bound, { signal: counted.signal });
    expect([counted.listeners, bound.close.mock.calls.length]).toEqual([1, 0]);
    counted.abort();
    expect(bound.close).toHaveBeenCalledOnce();
    await server.close();
    expect(bound.close).toHaveBeenCalledOnce();
    expect(counted.listeners).toBe(0);
  });

  test("aborted already, it binds nothing: its reason rejects", async () => {
    const open = vi.fn(() => listener());
    const signal = AbortSignal.abort("no server");
    await expect(listenWith(manualHost().host, { open }, { signal }, {})).rejects.toBe("no server");
    expect(open).not.toHaveBeenCalled();
    // A slip comes first, whatever the signal says.
    await expect(listenWith(manualHost().host, { open }, { signal, maxConnections: -1 }, {})).rejects.toBeInstanceOf(RangeError);
  });

  test("aborted while the address is bound, it rejects when nothing is bound any more", async () => {
    const counted = countedSignal();
    let released!: () => void;
    const bound = listener(() => new Promise<void>((resolve) => (released = resolve)));
    let isBound!: (listener: Listener) => void;
    const listened = listening(new Promise<Listener>((resolve) => (isBound = resolve)), { signal: counted.signal });
    let settled = false;
    const over = expect(listened.finally(() => (settled = true))).rejects.toBe("changed my mind");
    await settle();
    counted.abort("changed my mind");
    isBound(bound);
    await settle();
    expect([bound.close.mock.calls.length, settled]).toEqual([1, false]);
    released();
    await over;
    expect(counted.listeners).toBe(0);
  });

  test("serves many servers one after the other, and keeps none of them", async () => {
    const counted = countedSignal();
    for (let count = 0; count < 20; count++) {
      const server = await listening(listener(), { signal: counted.signal });
      expect(counted.listeners).toBe(1);
      // What closes nothing leaves the signal as it is.
      await expect(server.close({ code: 1006 })).rejects.toThrow();
      expect(counted.listeners).toBe(1);
      await server.close();
      expect(counted.listeners).toBe(0);
    }
    await expect(listening(Promise.reject(new Error("EADDRINUSE")), { signal: counted.signal })).rejects.toThrow("EADDRINUSE");
    expect(counted.listeners).toBe(0);
  });

  test("what closing rejects with goes to onError, or is printed", async () => {
    const broken = (): never => {
      throw new Error("EBADF");
    };
    const errors: unknown[] = [];
    const printed: unknown[] = [];
    const host = createHost({ clock: manualHost().clock, fillRandom: () => undefined, printError: (error) => printed.push(error) });
    for (const onError of [(error: unknown) => void errors.push(error), undefined]) {
      const counted = countedSignal();
      const server = await listening(listener(broken), { signal: counted.signal, onError }, host);
      counted.abort();
      await settle();
      await expect(server.close()).rejects.toThrow("EBADF");
      const early = countedSignal();
      const listened = listening(Promise.resolve(listener(broken)), { signal: early.signal, onError }, host);
      early.abort("early");
      await expect(listened).rejects.toBe("early");
    }
    const twice = ["Error: EBADF", "Error: EBADF"];
    expect([errors, printed].map((told) => told.map(String))).toEqual([twice, twice]);
  });
});
