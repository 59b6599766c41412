import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer, type RawData } from "ws";

import { combinations, conversation, type Dialled, type FullOffer } from "./zlib/conversation.ts";
import { runScript, runtimes, startScript, type RunningScript } from "./zlib/runtimes.ts";

const peer = new URL("./zlib/peer.ts", import.meta.url);

/** Says everything to an echo server and compares what comes back. */
async function converse(socket: WebSocket, large: boolean): Promise<void> {
  for (const [index, message] of conversation(large).entries()) {
    socket.send(message);
    const [answer, isBinary] = (await once(socket, "message")) as [RawData, boolean];
    const same = Buffer.compare(answer as Buffer, typeof message === "string" ? Buffer.from(message) : message) === 0;
    if (!same || isBinary === (typeof message === "string")) throw new Error(`message ${index} came back different`);
  }
}

/** An open client, and what the server agreed to. */
async function opened(url: string, options: WebSocket.ClientOptions): Promise<[WebSocket, string | undefined]> {
  const socket = new WebSocket(url, options);
  const upgraded = once(socket, "upgrade") as Promise<[IncomingMessage]>;
  await once(socket, "open");
  return [socket, (await upgraded)[0].headers["sec-websocket-extensions"]];
}

/** Runs in a page: says everything, and returns the index of the first message that came back different. */
async function sayInBrowser({ url, feed }: { url: string; feed: string[] }): Promise<{ extensions: string; wrong: number }> {
  const socket = new globalThis.WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const exchange = (message: string): Promise<unknown> =>
    new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.send(message);
    });
  let wrong = -1;
  for (let index = 0; index < feed.length && wrong < 0; index++) if ((await exchange(feed[index]!)) !== feed[index]) wrong = index;
  return { extensions: socket.extensions, wrong };
}

/** The response to an offer with all four parameters. */
function responseTo(offer: FullOffer): string {
  const parts = ["permessage-deflate"];
  if (offer.serverNoContextTakeover) parts.push("server_no_context_takeover");
  if (offer.clientNoContextTakeover) parts.push("client_no_context_takeover");
  parts.push(`server_max_window_bits=${offer.serverMaxWindowBits}`);
  if (offer.clientMaxWindowBits < 15) parts.push(`client_max_window_bits=${offer.clientMaxWindowBits}`);
  return parts.join("; ");
}

describe.each(runtimes)("our adapter for $name", (runtime) => {
  test("server: a ws client with any parameters", async () => {
    const server = await startScript(runtime, peer, [runtime.adapter, "serve", JSON.stringify({ maxMessageBytes: 1 << 24 })]);
    try {
      for (const [index, offer] of combinations.entries()) {
        const [socket, extensions] = await opened(`ws://127.0.0.1:${server.first.port}`, { perMessageDeflate: { ...offer, threshold: 0 } });
        expect(extensions).toBe(responseTo(offer));
        await converse(socket, index < 4);
        socket.close();
        expect((await once(socket, "close"))[0]).toBe(1005);
      }
    } finally {
      await server.stop();
    }
  });

  test("client: a ws server with any parameters", async () => {
    const servers = combinations.map((policy) => {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: { ...policy, threshold: 0 } });
      server.on("connection", (socket) => socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary })));
      return { server, policy };
    });
    try {
      await Promise.all(servers.map(({ server }) => once(server, "listening")));
      const dialled = servers.flatMap(({ server, policy }, index): Dialled[] => {
        const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
        // The server's wishes alone, and every fourth time the same ones offered by the client.
        const large = index < 4;
        return index % 4 === 3
          ? [
              { url, offer: {}, large },
              { url, offer: policy, large },
            ]
          : [{ url, offer: {}, large }];
      });
      const results = await runScript(runtime, peer, [runtime.adapter, "converse", JSON.stringify(dialled)]);
      expect(results).toEqual(
        dialled.map(({ offer }) =>
          expect.objectContaining({
            offer,
            result: "good",
            code: 1005,
            extensions: expect.stringContaining("permessage-deflate") as unknown,
          }),
        ),
      );
    } finally {
      for (const { server } of servers) {
        for (const socket of server.clients) socket.terminate();
        server.close();
      }
    }
  });
});

describe("others' clients", () => {
  let server: RunningScript;
  let url = "";
  beforeAll(async () => {
    server = await startScript(runtimes[0]!, peer, ["node", "serve", JSON.stringify({ maxMessageBytes: 1 << 24 })]);
    url = `ws://127.0.0.1:${server.first.port}`;
  });
  afterAll(() => server.stop());

  test.each(runtimes)("$name's own", async (runtime) => {
    const [result] = await runScript(runtime, new URL("./zlib/own-client.ts", import.meta.url), [url]);
    // Deno's does not offer it: there the connection is to work without.
    const extensions = runtime.adapter === "deno" ? "" : expect.stringMatching(/^permessage-deflate/);
    expect(result).toEqual({ result: "good", extensions });
  });

  // Where there is a Chromium, which .ci/run takes care of.
  const executablePath = process.env["CHROMIUM"];
  if (executablePath !== undefined) {
    test("Chromium's", async () => {
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      try {
        const page = await browser.newPage();
        const result = await page.evaluate(sayInBrowser, {
          url,
          feed: conversation(true).filter((message) => typeof message === "string"),
        });
        expect(result).toEqual({ extensions: "permessage-deflate", wrong: -1 });
      } finally {
        await browser.close();
      }
    });
  }
});

describe("the runtimes' own servers", () => {
  test.each(runtimes.filter(({ adapter }) => adapter !== "node"))("$name", async (runtime) => {
    const server = await startScript(runtime, new URL(`./zlib/own-server-${runtime.adapter}.ts`, import.meta.url), []);
    try {
      const url = `ws://127.0.0.1:${server.first.port}`;
      const dialled: Dialled[] = [
        ...combinations.filter((_, index) => index % 4 === 0).map((offer) => ({ url, offer, large: false })),
        { url, offer: {}, large: true },
      ];
      const results = await runScript(runtimes[0]!, peer, ["node", "converse", JSON.stringify(dialled)]);
      for (const result of results) {
        expect(result).toMatchObject({ result: "good" });
        // Deno's does not speak it: there the connection is to work without.
        if (runtime.adapter === "deno") expect(result).toMatchObject({ extensions: "" });
      }
      if (runtime.adapter === "bun")
        expect(results.at(-1)).toMatchObject({ extensions: expect.stringMatching(/^permessage-deflate/) as unknown });
    } finally {
      await server.stop();
    }
  });
});

test("a peer that declines gets no compression, and nothing else changes", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary })));
  try {
    await once(server, "listening");
    const results = await runScript(runtimes[0]!, peer, [
      "node",
      "converse",
      JSON.stringify([{ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, offer: {}, large: false }]),
    ]);
    expect(results).toEqual([{ offer: {}, result: "good", code: 1005, extensions: "" }]);
  } finally {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});
