/** Objects of the program that look back when they are looked at: in options, answers, responses and messages. A documented outcome, and nothing else. */
import fc from "fast-check";
import { listenWith, memoryTransportPair, openConnection, type ServerOptions } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { serverOptions, openOptions } from "../src/connection/known-options.ts";
import { live, type Place, uncaught } from "./slips/life.ts";
import { anything, atOnce, type Slip, slips } from "./slips/slip.ts";
import { settle } from "./support/clock.ts";
import { manualHost, openPair } from "./support/pair.ts";

const numRuns = Number(process.env["RUNS"] ?? 40);
const usual: Slip = { what: "nothing", act: (_reach, rightly) => rightly() };

describe("options", () => {
  test("of a server, by any name, with any value: what is wrong rejects before anything listens", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(serverOptions)), anything, fc.boolean(), async (name, { make }, byGetter) => {
        uncaught.length = 0;
        const { host, group, clock } = manualHost();
        const options: object = byGetter ? Object.defineProperty({}, name, { enumerable: true, get: make }) : { [name]: make() };
        let listens = 0;
        const open = () => (listens++, { port: 1, hostname: "a", close: () => void listens-- });
        const server = await listenWith(host, { open }, options as ServerOptions, {}).catch(() => undefined);
        if (server !== undefined) {
          void server.close({ timeout: 10 });
          await clock.advance(60_000);
        }
        expect([listens, group.deadlines.size, uncaught]).toEqual([0, 0, []]);
      }),
      { numRuns: 5 * numRuns },
    );
  });

  test("of a client", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(openOptions)), anything, fc.boolean(), async (name, { make }, byGetter) => {
        uncaught.length = 0;
        const { host, group, clock } = manualHost();
        const options: object = byGetter ? Object.defineProperty({}, name, { enumerable: true, get: make }) : { [name]: make() };
        const [near] = memoryTransportPair(clock);
        let settled = false;
        const done = (): void => void (settled = true);
        openConnection(host, { host: "a", target: "/" }, () => near, options).then(done, done);
        await clock.advance(60_000);
        // A deadline of its own may be later.
        if (name !== "handshakeTimeout") expect([settled, group.deadlines.size]).toEqual([true, 0]);
        expect(uncaught).toEqual([]);
      }),
      { numRuns: 5 * numRuns },
    );
  });
});

/** A Response of the program's own, of which one member makes a slip. */
const body = (overwrite: object) => () => ({ getReader: () => ({ read: () => ({ done: true }), cancel: () => undefined, ...overwrite }) });
const response = (overwrite: object): object => ({ status: 403, headers: [], arrayBuffer: () => new ArrayBuffer(0), ...overwrite });
const answers = {
  "a Response's arrayBuffer": (slipping) => response({ arrayBuffer: slipping(() => new ArrayBuffer(0)) }),
  "a Response's headers": (slipping) => response({ headers: { [Symbol.iterator]: slipping(() => [][Symbol.iterator]()) } }),
  "a Response's body, getReader": (slipping) => response({ body: { getReader: slipping(() => body({})().getReader()) } }),
  "a Response's body, read": (slipping) => response({ body: body({ read: slipping(() => ({ done: true })) })() }),
  "a Response's body, cancel": (slipping) =>
    response({ body: body({ read: () => ({ done: false, value: new Uint8Array(2 << 20) }), cancel: slipping() })() }),
  "the headers of an answer that accepts": (slipping) => ({ headers: { [Symbol.iterator]: slipping(() => [][Symbol.iterator]()) } }),
  "the headers of one that refuses": (slipping) => ({ status: 403, headers: { [Symbol.iterator]: slipping(() => [][Symbol.iterator]()) } }),
} satisfies Record<string, (slipping: Parameters<Place>[0]) => object>;

describe("answers of `upgrade`", () => {
  test.each(Object.entries(answers))("%s", async (name, answer) => {
    const place: Place = (slipping) => ({ options: { upgrade: () => answer(slipping) } });
    await fc.assert(
      fc.asyncProperty(/headers|getReader/.test(name) ? atOnce : slips, async (slip) => {
        const { status } = await live(place, slip);
        if (!name.includes("accepts")) expect(status).not.toBe("HTTP/1.1 101");
      }),
      { numRuns },
    );
    expect((await live(place, usual)).calls).toBeGreaterThan(0);
  });
});

test("messages: whatever is sent is sent, or throws", async () => {
  const { client, server, clock } = await openPair({ handler: { message: () => undefined } });
  uncaught.length = 0;
  await fc.assert(
    fc.asyncProperty(anything, fc.constantFrom("send", "sendStream", "ping", "close"), async ({ make }, call) => {
      try {
        const sent = call === "close" ? client.close(make() as number, make() as string) : (client[call](make() as never) as unknown);
        if (sent instanceof Promise) await Promise.race([sent.catch(() => undefined), settle()]);
      } catch {
        // The program is told of its mistake.
      }
      await settle();
      expect(uncaught).toEqual([]);
    }),
    { numRuns: 5 * numRuns },
  );
  client.abort();
  await clock.advance(60_000);
  expect([client.state, server.state]).toEqual(["closed", "closed"]);
});
