/** Ordinary HTTP on the port of a server: every head of a connection is read by the same rules. */
import { Opcode } from "@ws/codec";

import { assert, type Case, collectGarbage, delay, equal, eventually, local, type Test } from "../case.ts";
import { deadline } from "../patience.ts";
import { masked, rawConnect, type RawPeer, requestHead } from "../raw.ts";
import { get, response } from "./http.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

const echoUrl: Fetch = (request) => new Response(`${request.method} ${request.url}`);
const nothing = { message: () => undefined };

/** As the first request of a connection, and as a later one. */
async function asked(t: Test, port: number, head: string, what: string, check: (peer: RawPeer) => Promise<void>): Promise<void> {
  for (const place of ["first", "later"]) {
    const peer = await rawConnect(t, port);
    if (place === "later") {
      peer.write(get("/before"));
      equal((await response(peer)).status, 200, `${what}: before`);
    }
    peer.write(head);
    try {
      await check(peer);
    } catch (error) {
      throw new Error(`${what}, as the ${place} request: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    peer.socket.destroy();
  }
}

async function statuses(t: Test, port: number, expected: number, heads: Record<string, string>): Promise<void> {
  for (const [name, head] of Object.entries(heads)) {
    await asked(t, port, head, name, async (peer) => {
      const answer = await response(peer);
      equal(answer.status, expected, "status");
      if (expected >= 400) await peer.readAll();
    });
  }
}

const withHost = (host: string): string => `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const post = (lines: readonly string[], body = ""): string => `POST /x HTTP/1.1\r\n${["Host: a", ...lines].join("\r\n")}\r\n\r\n${body}`;

export const httpRequests: Case[] = [
  local("`fetch`: §3.2 a Host that is none is answered with 400, on every request, and never reaches it", async (t) => {
    const errors: unknown[] = [];
    const paths: string[] = [];
    const fetch: Fetch = (request) => {
      paths.push(new URL(request.url).pathname);
      return new Response("x");
    };
    const server = await t.listen({ fetch, onError: (error) => errors.push(error) }, nothing);
    const hosts = ["a?b", "a/b", "a\\b", "u@a", "a b", "a:99999", "a:b", "a#b", "", "[a", "a]", "a%2fb", "1.2.3.4.5"];
    await statuses(t, server.port, 400, Object.fromEntries(hosts.map((host) => [`Host ${host}`, withHost(host)])));
    await statuses(t, server.port, 400, {
      "no Host": "GET /x HTTP/1.1\r\n\r\n",
      "two Hosts": "GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "a bad Host in HTTP/1.0": "GET /x HTTP/1.0\r\nHost: a?b\r\n\r\n",
    });
    equal([paths.filter((path) => path !== "/before"), errors], [[], []]);
  }),
  local("`fetch`: §3.2.2 absolute-form and §3.2.4 asterisk-form name the request's URL", async (t) => {
    const server = await t.listen({ fetch: echoUrl }, nothing);
    for (const [line, body] of [
      ["GET http://example.com/x?y HTTP/1.1\r\nHost: other", "GET http://example.com/x?y"],
      ["GET HTTP://example.com:8080 HTTP/1.1\r\nHost: example.com", "GET http://example.com:8080/"],
      ["GET http://example.com?q HTTP/1.1\r\nHost: example.com", "GET http://example.com/?q"],
      ["OPTIONS * HTTP/1.1\r\nHost: example.com", "OPTIONS http://example.com/"],
      ["GET //other/x HTTP/1.1\r\nHost: example.com", "GET http://example.com//other/x"],
      ["GET /@other HTTP/1.1\r\nHost: [::1]:80", "GET http://[::1]/@other"],
    ] as const) {
      await asked(t, server.port, `${line}\r\n\r\n`, line, async (peer) => equal((await response(peer)).body, body));
    }
    await statuses(t, server.port, 400, {
      "GET *": "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "no slash": "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
      "a fragment": "GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n",
      credentials: "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "another scheme": "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    });
    await statuses(t, server.port, 421, { https: "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n" });
    await statuses(t, server.port, 501, {
      CONNECT: "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
      TRACE: "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
      FOO: "FOO / HTTP/1.1\r\nHost: a\r\n\r\n",
    });
    await statuses(t, server.port, 505, { "HTTP/2.0": "GET / HTTP/2.0\r\nHost: a\r\n\r\n" });
  }),
  local("`fetch`: the limits of a head, and what may stand before it, hold for every request", async (t) => {
    const server = await t.listen({ fetch: echoUrl, maxHeadBytes: 2_000, maxHeaders: 20 }, nothing);
    await statuses(t, server.port, 431, {
      "60 headers": get(
        "/",
        Array.from({ length: 60 }, () => "a: b"),
      ),
      "a long head": get("/", [`X: ${"x".repeat(3_000)}`]),
    });
    await statuses(t, server.port, 414, { "a long target": get(`/${"x".repeat(3_000)}`) });
    await statuses(t, server.port, 400, {
      "an empty line before it": `\r\n${get("/")}`,
      "a folded line": get("/", ["X: a", " b"]),
      "a space before the colon": get("/", ["X : a"]),
      "a bare LF": "GET / HTTP/1.1\nHost: a\n\n",
    });
  }),
  local("`fetch`: as many headers, and as long a head, as the options allow do reach it", async (t) => {
    const fetch: Fetch = (request) => new Response(`${[...request.headers].length} ${request.headers.get("x-long")?.length}`);
    const server = await t.listen({ fetch, maxHeadBytes: 100_000, maxHeaders: 400 }, nothing);
    const lines = Array.from({ length: 300 }, (_, index) => `X-${index}: 1`);
    await asked(t, server.port, get("/before", [`X-Long: ${"x".repeat(60_000)}`, ...lines]), "a long head", async (peer) =>
      equal((await response(peer)).body, "302 60000"),
    );
  }),
  local("`fetch`: RFC 9110 §7.8 a request that offers another protocol is an ordinary one", async (t) => {
    const server = await t.listen({ fetch: echoUrl }, nothing);
    for (const [name, head] of Object.entries({
      h2c: get("/x", ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"]),
      TLS: get("/x", ["Upgrade: TLS/1.2", "Connection: Upgrade"]),
      list: get("/x", ["Upgrade: h2c, IRC/6.9", "Connection: Upgrade"]),
      POST: post(["Upgrade: h2c", "Connection: Upgrade", "Content-Length: 5"], "hello"),
    })) {
      await asked(t, server.port, head, name, async (peer) => {
        const answer = await response(peer);
        equal([answer.status, answer.body.split(" ")[1]?.endsWith("/x")], [200, true]);
      });
    }
  }),
  local("`fetch`: RFC 9110 §7.8 `Upgrade: websocket` of an HTTP/1.0 request is ignored", async (t) => {
    const server = await t.listen({ fetch: echoUrl }, nothing);
    const head = requestHead("/x").replace("HTTP/1.1", "HTTP/1.0");
    await asked(t, server.port, head, "websocket in HTTP/1.0", async (peer) => {
      const text = new TextDecoder().decode(await peer.readAll());
      assert(/^HTTP\/1\.1 200 /.test(text) && text.endsWith("GET http://127.0.0.1/x"), text);
    });
  }),
  local("`fetch`: §9.3.2 an upgrade behind an unanswered request is answered behind it", async (t) => {
    const fetch: Fetch = async () => {
      await delay(100, "slow on purpose");
      return new Response("slow");
    };
    const server = await t.listen({ fetch }, { message: (connection, message) => void connection.send(message) });
    const peer = await rawConnect(t, server.port);
    const early = masked(Opcode.TEXT, "early");
    peer.write(get("/") + get("/") + requestHead());
    peer.write(early);
    for (const round of ["first", "second"]) equal((await response(peer)).body, "slow", round);
    assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "then the upgrade");
    equal(String.fromCharCode(...(await peer.readFrame()).payload), "early");
  }),
  local("`fetch`: requests that are sent all at once are answered in order, their bodies not mixed", async (t) => {
    const fetch: Fetch = async (request) => {
      const text = await request.text();
      await delay(text.length % 3, "slow on purpose");
      return new Response(text);
    };
    const server = await t.listen({ fetch }, nothing);
    const peer = await rawConnect(t, server.port);
    const bodies = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(index + 1));
    const chunked = (body: string): string => `${body.length.toString(16)};x=y\r\n${body}\r\n0\r\nX-Trailer: 1\r\n\r\n`;
    peer.write(
      bodies
        .map((body, index) =>
          index % 2 === 0 ? post([`Content-Length: ${body.length}`], body) : post(["Transfer-Encoding: chunked"], chunked(body)),
        )
        .join(""),
    );
    for (const body of bodies) equal((await response(peer)).body, body);
  }),
  local(
    "`fetch`: §6.3 a request whose body ends in two ways, or in none, is answered with 400 or 501, and nothing behind it is read",
    async (t) => {
      const seen: string[] = [];
      const fetch: Fetch = (request) => {
        seen.push(new URL(request.url).pathname);
        return new Response("x");
      };
      const server = await t.listen({ fetch }, nothing);
      const smuggled = get("/smuggled");
      const chunks = `0\r\n\r\n${smuggled}`;
      await statuses(t, server.port, 400, {
        both: post(["Content-Length: 5", "Transfer-Encoding: chunked"], chunks),
        "two lengths": post(["Content-Length: 0", "Content-Length: 5"], smuggled),
        "a list of lengths": post(["Content-Length: 5, 5"], smuggled),
        "a length with a sign": post(["Content-Length: +5"], smuggled),
        "a length in hexadecimal": post(["Content-Length: 0x5"], smuggled),
        "chunked twice": post(["Transfer-Encoding: chunked, chunked"], chunks),
        "chunked not last": post(["Transfer-Encoding: chunked, gzip"], chunks),
        "something like chunked": post(["Transfer-Encoding: xchunked"], chunks),
        "chunked in HTTP/1.0": post(["Transfer-Encoding: chunked"], chunks).replace("HTTP/1.1", "HTTP/1.0"),
      });
      await statuses(t, server.port, 501, { gzip: post(["Transfer-Encoding: gzip, chunked"], chunks) });
      equal(
        seen.filter((path) => path !== "/before"),
        [],
      );
    },
  ),
  local("`fetch`: §7.1 chunks that are none end the connection", async (t) => {
    const fetch: Fetch = async (request) => new Response(await request.text());
    const server = await t.listen({ fetch, onError: () => undefined }, nothing);
    for (const chunks of [
      "x\r\n",
      "5 \r\nhello",
      "5\nhello",
      "5\r\nhelloX",
      "5\r\nhello\n",
      "0\r\nX: a\n\r\n",
      `${"f".repeat(17)}\r\n`,
      "-1\r\n",
      "\r\n",
    ]) {
      const peer = await rawConnect(t, server.port);
      peer.write(post(["Transfer-Encoding: chunked"], chunks) + get("/smuggled"));
      equal((await response(peer)).status, 400, JSON.stringify(chunks));
      await peer.readAll();
    }
  }),
  local("`fetch`: a head that does not end, and silence after a response, are ended in time", async (t) => {
    const server = await t.listen({ fetch: echoUrl, handshakeTimeout: deadline(600) }, nothing);
    const slow = await rawConnect(t, server.port);
    slow.write(get("/"));
    equal((await response(slow)).status, 200);
    slow.write("GET / HTTP/1.1\r\nHo");
    equal((await response(slow)).status, 408);
    await slow.readAll();
    const silent = await rawConnect(t, server.port);
    silent.write(get("/"));
    equal((await response(silent)).status, 200);
    equal((await silent.readAll()).length, 0, "said at the end");
    // The deadline is that of a head, not of a response.
    const busy = await rawConnect(t, server.port);
    busy.write(post(["Content-Length: 1"]));
    await delay(deadline(1_000), "past a deadline");
    busy.write("x");
    equal((await response(busy)).status, 200);
  }),
  local("`fetch`: the client's end reaches the request's signal", async (t) => {
    let asked = 0;
    let aborted = 0;
    const fetch: Fetch = (request) =>
      new Promise<Response>((_, reject) => {
        asked++;
        request.signal.addEventListener("abort", () => {
          aborted++;
          reject(request.signal.reason as Error);
        });
      });
    const server = await t.listen({ fetch, onError: () => undefined }, nothing);
    for (const [index, leave] of (["end", "destroy"] as const).entries()) {
      const peer = await rawConnect(t, server.port);
      peer.write(get("/"));
      await eventually(() => asked === index + 1, "the request");
      peer.socket[leave]();
    }
    await eventually(() => aborted === 2, "both signals");
  }),
  local("`fetch`: `server.close({ timeout })` gives up requests in progress", async (t) => {
    let signal: AbortSignal | undefined;
    const fetch: Fetch = (request) => {
      signal = request.signal;
      return new Promise<Response>(() => undefined);
    };
    const server = await t.listen({ fetch, closeTimeout: 60_000 }, nothing);
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    await eventually(() => signal !== undefined, "the request");
    const idle = await rawConnect(t, server.port);
    await server.close({ timeout: 300 });
    await peer.closed();
    await idle.readAll();
    await eventually(() => signal!.aborted, "the signal");
  }),
  local("`fetch`: a request's signal fires although the program kept nothing but a listener of it", async (t) => {
    let asked = 0;
    let aborted = 0;
    const fetch: Fetch = (request) => {
      asked++;
      request.signal.addEventListener("abort", () => aborted++);
      return new Promise<Response>(() => undefined);
    };
    const server = await t.listen({ fetch }, nothing);
    const peers = await Promise.all([rawConnect(t, server.port), rawConnect(t, server.port)]);
    for (const peer of peers) peer.write(get("/"));
    await eventually(() => asked === 2, "the requests");
    await collectGarbage();
    for (const peer of peers) peer.socket.destroy();
    await eventually(() => aborted === 2, "the signals");
  }),
];
