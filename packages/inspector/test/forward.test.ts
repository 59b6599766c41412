import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";

import { connect, listen } from "@ws/node";
import fc from "fast-check";
import { generate } from "selfsigned";
import { describe, expect, onTestFinished, test } from "vitest";

import type { Entry, FrameEntry } from "../src/model/entry.ts";
import { ConversationLog } from "../src/model/log.ts";
import { textOf } from "../src/model/payload.ts";
import { decodeRecords, type Setup } from "../src/model/records.ts";
import { frame, REQUEST, RESPONSE } from "./feed.ts";
import { client, closed, collect, http, inspector, rawTarget } from "./proxy.ts";

/** A page without a screen: the log, as the feed fills it. */
async function page(port: number): Promise<{
  readonly log: ConversationLog;
  readonly until: (condition: (log: ConversationLog) => boolean) => Promise<void>;
  wish(wish: unknown): void;
}> {
  const log = new ConversationLog();
  const feed = await connect(`ws://127.0.0.1:${String(port)}/__inspector/feed`);
  const checks = new Set<() => void>();
  void (async () => {
    for await (const message of feed) {
      if (typeof message !== "string") log.receive(decodeRecords(message));
      for (const check of checks) check();
    }
  })();
  onTestFinished(() => {
    feed.close();
  });
  return {
    log,
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition(log)) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
    wish: (wish) => void feed.send(JSON.stringify(wish)),
  };
}

const text = (entry: Entry): string | undefined => (entry.kind === "frame" ? textOf(entry) : undefined);

describe("forwards byte for byte", () => {
  test("any octets behind a handshake, in any chunking, both ways at once", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 10 }),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 10 }),
        fc.nat(REQUEST.length),
        async (up, down, cut) => {
          const near = client(port);
          const nearReceived = collect(near);
          // The request itself arrives in two pieces.
          near.write(REQUEST.subarray(0, cut));
          if (cut > 0 && cut < REQUEST.length) await sleep(1);
          near.write(REQUEST.subarray(cut));
          const far = await target.accepted();
          const farReceived = collect(far);
          far.write(RESPONSE);
          for (let index = 0; index < Math.max(up.length, down.length); index += 1) {
            if (up[index] !== undefined) near.write(up[index]!);
            if (down[index] !== undefined) far.write(down[index]!);
            if (index % 3 === 0) await sleep(0);
          }
          near.end();
          far.end();
          expect(await farReceived.ended).toEqual(Buffer.concat([REQUEST, ...up]));
          expect(await nearReceived.ended).toEqual(Buffer.concat([RESPONSE, ...down]));
          await Promise.all([closed(near), closed(far)]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("what is not HTTP, and handshakes that are wrong", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    const odd = [
      Buffer.from([0x16, 3, 1, 0, 200, 1, 0]),
      Buffer.from("hello\r\n"),
      Buffer.from("GET /\r\n"),
      Buffer.from("POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
      Buffer.from("GET / HTTP/1.0\r\nSec-WebSocket-Key: x\r\n\r\n"),
      Buffer.from(`GET /${"a".repeat(20_000)}`),
      Buffer.from(`GET / HTTP/1.1\r\nX: ${"a".repeat(20_000)}`),
    ];
    for (const bytes of odd) {
      const near = client(port);
      near.write(bytes);
      const far = await target.accepted();
      expect(await collect(far).until(bytes.length)).toEqual(bytes);
      near.destroy();
    }
  });

  test("half a head and then the end, which is the target's affair", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    const near = client(port);
    near.end("GET / HTTP/1.1\r\nHost:");
    const far = await target.accepted();
    expect((await collect(far).ended).toString()).toBe("GET / HTTP/1.1\r\nHost:");
    far.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect((await collect(near).ended).toString()).toBe("HTTP/1.1 400 Bad Request\r\n\r\n");
  });

  test("a side that has ended still receives", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    const near = client(port);
    near.end(REQUEST);
    const far = await target.accepted();
    await collect(far).ended;
    await sleep(20);
    far.end(RESPONSE);
    expect(await collect(near).ended).toEqual(Buffer.from(RESPONSE));
  });

  test("a reset stays a reset", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    const near = client(port);
    near.write(REQUEST);
    const far = await target.accepted();
    await collect(far).until(REQUEST.length);
    const failed = once(near, "error") as Promise<[NodeJS.ErrnoException]>;
    far.resetAndDestroy();
    expect((await failed)[0].code).toBe("ECONNRESET");
  });

  test("over TLS, when the target is wss://", async () => {
    const { private: key, cert } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    const target = await rawTarget(createTlsServer({ key, cert }), "wss");
    const { port } = await inspector({ targets: [target.url], ca: cert });
    const near = client(port);
    near.write(REQUEST);
    const far = await target.accepted();
    expect(await collect(far).until(REQUEST.length)).toEqual(Buffer.from(REQUEST));
    far.write(RESPONSE);
    expect(await collect(near).until(RESPONSE.length)).toEqual(Buffer.from(RESPONSE));
    const { log, until } = await page(port);
    await until(({ entries }) => entries.length >= 3);
    expect(log.conversations[0]?.tls).toMatch(/^TLSv1\.[23]$/);

    // Node cannot reset a TLS connection: the target sees it end.
    far.resume();
    near.resetAndDestroy();
    await once(far, "close");

    const strict = await inspector({ targets: [target.url] });
    expect(await http(strict.port, ...Buffer.from(REQUEST).toString().trimEnd().split("\r\n"))).toMatch(
      /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*self-signed certificate/,
    );
  });
});

describe("--rewrite-host, the one exception", () => {
  test("replaces Host and Origin, nothing else, and shows both values", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url], rewriteHost: true });
    const near = client(port);
    const request = (host: string, origin: string): string =>
      `GET /a?Host: b HTTP/1.1\r\nhOST:  ${host}\r\nUpgrade: websocket\r\nOrigin: ${origin} \r\nX-Origin: keep\r\nX: Host: keep\r\n\r\n`;
    const rest = frame(1, "Host: keep\r\nOrigin: keep\r\n", { key: 0 });
    near.write(Buffer.concat([Buffer.from(request("localhost", "http://localhost")), rest]));
    const far = await target.accepted();
    const wanted = Buffer.concat([
      Buffer.from(request(`127.0.0.1:${String(target.port)}`, `http://127.0.0.1:${String(target.port)}`)),
      rest,
    ]);
    expect((await collect(far).until(wanted.length)).toString("latin1")).toBe(wanted.toString("latin1"));
    const { log, until } = await page(port);
    await until(({ entries }) => entries.length >= 4);
    expect(log.conversations[0]?.rewritten).toEqual([
      { name: "hOST", from: "localhost", to: `127.0.0.1:${String(target.port)}` },
      { name: "Origin", from: "http://localhost", to: `http://127.0.0.1:${String(target.port)}` },
    ]);
    // The page has what the client sent.
    expect(log.conversations[0]?.request?.lines[1]?.text).toBe("hOST:  localhost");
  });
});

describe("backpressure", () => {
  test("a client that does not read stops the target, and costs no memory", async () => {
    const target = await rawTarget();
    const watched = await inspector({ targets: [target.url], history: 1 << 20 });
    const near = client(watched.port);
    near.write(REQUEST);
    const far = await target.accepted();
    far.resume();
    near.pause();
    far.write(RESPONSE);
    // One endless frame.
    far.write(Uint8Array.of(0x82, 0x7f, 0, 0, 1, 0, 0, 0, 0, 0));
    const chunk = new Uint8Array(1 << 20);
    let written = 0;
    while (
      written < 512 &&
      (far.write(chunk) || (await Promise.race([once(far, "drain").then(() => true), sleep(1500).then(() => false)])))
    )
      written += 1;
    expect(written).toBeLessThan(64);
    expect(watched.held).toBeLessThanOrEqual(1 << 20);
    // It goes on as soon as the client reads.
    near.resume();
    await once(far, "drain");
  });

  test("a page that does not read never slows the conversation", async () => {
    const target = await rawTarget();
    const watched = await inspector({ targets: [target.url], history: 1 << 20 });
    const stuck = client(watched.port);
    stuck.write(
      `GET /__inspector/feed HTTP/1.1\r\nHost: 127.0.0.1:${String(watched.port)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await once(stuck, "readable");
    stuck.pause();
    const near = client(watched.port);
    near.write(REQUEST);
    const far = await target.accepted();
    far.resume();
    let received = 0;
    near.on("data", (chunk) => (received += chunk.length));
    far.write(RESPONSE);
    const message = frame(2, new Uint8Array(60_000));
    for (let index = 0; index < 1000; index += 1) if (!far.write(message)) await once(far, "drain");
    far.end();
    await once(near, "end");
    expect(received).toBe(RESPONSE.length + 1000 * message.length);
    expect(watched.held).toBeLessThanOrEqual(1 << 20);
  });
});

describe("the live feed", () => {
  test("shows a conversation of our own endpoints while it passes, and to a page that comes late", async () => {
    const server = await listen({ port: 0 }, { message: (connection, message) => void connection.send(message) });
    onTestFinished(() => server.close());
    const { port } = await inspector({ targets: [`echo=ws://127.0.0.1:${String(server.port)}`] });
    const early = await page(port);
    const connection = await connect(`ws://127.0.0.1:${String(port)}/chat`);
    connection.send("Grüße 👋");
    await early.until(({ entries }) => entries.filter((entry) => text(entry) === "Grüße 👋").length === 2);
    connection.close(4000, "bye");
    await connection.closed;
    const late = await page(port);
    for (const { log, until } of [early, late]) {
      await until(({ conversations }) => conversations[0]?.ended !== undefined);
      expect(log.conversations).toMatchObject([
        {
          state: "closed",
          target: { name: "echo" },
          request: { target: "/chat" },
          response: { proof: { matches: true } },
          close: { code: 4000, reason: "bye", by: "client" },
        },
      ]);
      const frames = log.entries.filter((entry): entry is FrameEntry => entry.kind === "frame");
      expect(frames.map(({ direction, header }) => [direction, header.opcode, header.masked])).toEqual([
        ["client", 1, true],
        ["target", 1, false],
        ["client", 8, true],
        ["target", 8, false],
      ]);
      expect(log.entries.flatMap(({ problems }) => problems)).toEqual([]);
    }
  });

  test("a page chooses the target of the conversations to come", async () => {
    const [first, second] = [await rawTarget(), await rawTarget()];
    const { port, targets } = await inspector({ targets: [`a=${first.url}`, `b=${second.url}`] });
    expect(targets).toEqual([
      { name: "a", url: first.url },
      { name: "b", url: second.url },
    ]);
    const watching = await page(port);
    const selected = (index: number) => (log: ConversationLog) => (log.setup as Setup | undefined)?.selected === index;
    await watching.until(selected(0));
    watching.wish({ select: 1 });
    await watching.until(selected(1));
    // Not one of the targets: it stays as it is.
    watching.wish({ select: 7 });
    watching.wish({ select: -1 });
    watching.wish("nonsense");
    client(port).write(REQUEST);
    await second.accepted();
    await watching.until(({ conversations }) => conversations.length === 1);
    expect(watching.log.conversations[0]?.target.name).toBe("b");
    expect(watching.log.setup?.selected).toBe(1);
  });

  test("only pages that the inspector served may follow", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    const ask = (host: string, ...more: string[]): Promise<string> =>
      http(
        port,
        "GET /__inspector/feed HTTP/1.1",
        `Host: ${host}`,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        ...more,
      );
    expect(await ask(`127.0.0.1:${String(port)}`, "Origin: https://elsewhere.example")).toMatch(/^HTTP\/1\.1 403 /);
    // DNS rebinding: Origin and Host agree, and neither is this machine's.
    expect(await ask(`elsewhere.example:${String(port)}`, `Origin: http://elsewhere.example:${String(port)}`)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("ordinary HTTP", () => {
  test("gets the page, at / and below the reserved path, and nothing reaches the target", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url] });
    for (const path of ["/", "/?x", "/__inspector", "/__inspector/"]) {
      const answer = await http(port, `GET ${path} HTTP/1.1`, `Host: localhost:${String(port)}`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(answer).toContain("<!doctype html>");
      // SHA-256 of "1", the page's script.
      expect(answer).toContain("script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='");
    }
    expect(await http(port, "GET /other HTTP/1.1", "Host: localhost")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await http(port, "POST / HTTP/1.1", "Host: localhost", "Content-Length: 0", "Connection: close")).toMatch(
      /^HTTP\/1\.1 405 [^]*allow: GET, HEAD/i,
    );
    expect(await http(port, "GET / HTTP/1.1", "Host: elsewhere.example")).toMatch(/^HTTP\/1\.1 403 /);
    const reached = await Promise.race([target.accepted(), sleep(50)]);
    expect(reached).toBeUndefined();
  });
});

describe("when things go wrong", () => {
  test("a target that cannot be reached: 502 with the reason, and the page says so", async () => {
    const { port } = await inspector({ targets: ["ws://127.0.0.1:1"] });
    const answer = await http(port, "GET / HTTP/1.1", "Host: a", "Upgrade: websocket");
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*could not reach ws:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/);
    const { log, until } = await page(port);
    await until(({ conversations }) => conversations[0]?.ended !== undefined);
    expect(log.conversations[0]?.state).toBe("failed");
    expect(log.entries.some((entry) => entry.kind === "note" && entry.text.includes("ECONNREFUSED"))).toBe(true);
  });

  test("a client that resets in any state does not end the inspector", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url], maxConversations: 1 });
    client(port).write(REQUEST);
    await target.accepted();
    const beginnings = [
      "",
      "GET",
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /__inspector/other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      Buffer.from(REQUEST).toString(),
    ];
    for (const beginning of beginnings) {
      for (const wait of [0, 5]) {
        const near = client(port);
        await once(near, "connect");
        near.write(beginning);
        await sleep(wait);
        near.resetAndDestroy();
      }
    }
    await sleep(20);
    expect(await http(port, "GET / HTTP/1.1", "Host: localhost")).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("too many conversations: 503", async () => {
    const target = await rawTarget();
    const { port } = await inspector({ targets: [target.url], maxConversations: 1 });
    client(port).write(REQUEST);
    await target.accepted();
    expect(await http(port, ...Buffer.from(REQUEST).toString().trimEnd().split("\r\n"))).toMatch(/^HTTP\/1\.1 503 /);
  });

  test("a client that leaves before the target answers leaves nothing behind; close ends what runs", async () => {
    const target = await rawTarget();
    const watched = await inspector({ targets: [target.url] });
    const near = client(watched.port);
    near.write(REQUEST);
    const far = await target.accepted();
    near.destroy();
    far.resume();
    await once(far, "end");
    const silent = client(watched.port);
    await once(silent, "connect");
    const speaking = client(watched.port);
    speaking.write(REQUEST);
    const other = await target.accepted();
    other.resume();
    await sleep(10);
    const ends = Promise.all([once(silent.resume(), "end"), once(other, "end")]);
    await watched.close();
    await ends;
  });
});
