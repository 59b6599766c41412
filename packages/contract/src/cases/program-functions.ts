/**
 * What a program may do wrong in the functions that only an adapter has, on its real sockets. All others are tried at random, in memory
 * (packages/endpoint/test/slips.test.ts).
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import type { AcceptOptions, OpenOptions, ServerOptions } from "@ws/endpoint";

import type { CommonConnectOptions, CommonListenOptions } from "../adapter.ts";
import { assert, type Case, equal, eventually, local, rejects, type Test } from "../case.ts";
import { rawConnect, requestHead } from "../raw.ts";
import { get } from "./http.ts";

/** The names of those options that are functions, or may be. */
type FunctionNames<Options> = {
  [Name in keyof Options]-?: Extract<NonNullable<Options[Name]>, (...parameters: never) => unknown> extends never ? never : Name;
}[keyof Options];
type Added<Options, Common> = Exclude<FunctionNames<Options>, FunctionNames<Common>>;

const trap = (): never => {
  throw new Error("a trap");
};

const SLIPS: Readonly<Record<string, () => unknown>> = {
  "returns a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "returns a proxy whose traps throw": () => new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap }),
  "throws undefined": () => {
    throw undefined;
  },
  "rejects with null": () => Promise.reject(null),
  "rejects with what cannot be told": () => Promise.reject(Object.assign(Object.create(null) as object, { toString: trap })),
  "settles twice": () => ({ then: (fulfil: (value: unknown) => void, reject: (error: unknown) => void) => (fulfil(5), reject(6)) }),
  "never settles": () => new Promise(() => undefined),
};

const quiet = { onError: () => undefined, closeTimeout: 300 } satisfies AcceptOptions;

/** The server still serves, and closes. */
async function fetchSlips(t: Test, slip: () => unknown): Promise<void> {
  let asked = false;
  const fetch = (): never => ((asked = true), slip()) as never;
  const server = await t.listen({ ...quiet, fetch }, { message: () => undefined });
  const peer = await rawConnect(t, server.port);
  peer.write(get("/"));
  await eventually(() => asked, "asked");
  const connection = await t.connect(server.url);
  connection.close(1000);
  await connection.closed;
  await server.close({ timeout: 300 });
}

/** A failure to connect, at the deadline at the latest. */
async function createConnectionSlips(t: Test, slip: () => unknown): Promise<void> {
  for (const url of ["ws://127.0.0.1:1/", "wss://127.0.0.1:1/"]) {
    await rejects(t.adapter.connect(url, { createConnection: slip, handshakeTimeout: 300 }), { name: "HandshakeError" });
  }
}

/** The client is refused, at the deadline at the latest. */
async function upgradeSlips(t: Test, slip: () => unknown): Promise<void> {
  const http = createServer();
  http.on("upgrade", (request, socket: Socket, rest) => {
    void t.adapter.acceptUpgrade(request, socket, rest, { ...quiet, handshakeTimeout: 300, upgrade: slip as () => object });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.defer(() => http.close());
  const peer = await rawConnect(t, (http.address() as AddressInfo).port);
  peer.write(requestHead());
  const head = await peer.readHead();
  assert(/^HTTP\/1\.1 50[03] /.test(head), head);
  await peer.readAll();
  peer.socket.destroy();
}

const FUNCTIONS = {
  fetch: fetchSlips,
  createConnection: createConnectionSlips,
  "upgrade of acceptUpgrade": upgradeSlips,
} satisfies Record<
  Added<CommonListenOptions, ServerOptions> | Added<CommonConnectOptions, OpenOptions> | "upgrade of acceptUpgrade",
  (t: Test, slip: () => unknown) => Promise<void>
>;

export const programFunctions: Case[] = [
  ...Object.entries(FUNCTIONS).map(([name, run]) =>
    local(`\`${name}\` that does anything wrong ends nothing but what it was asked for`, async (t) => {
      for (const slip of Object.values(SLIPS)) await run(t, slip);
    }),
  ),
  local("`fetch` that closes the server from within, and waits for that, is given up by the timeout", async (t) => {
    let closing: Promise<void> | undefined;
    const server = await t.listen(
      {
        ...quiet,
        fetch: async () => {
          await (closing = server.close({ timeout: 300 }));
          return new Response("closed");
        },
      },
      { message: () => undefined },
    );
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    await eventually(() => closing !== undefined, "asked");
    await closing;
    equal(server.connections.size, 0);
  }),
];
