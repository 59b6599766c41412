import { connectTarget, memoryTransportPair, openConnection } from "@ws/endpoint";
import { parseUrl } from "@ws/endpoint/internal";
import { describe, expect, test } from "vitest";

import { manualHost } from "./support/pair.ts";

describe("§3 the URL that a program gives", () => {
  test.each(["ws://h/chat", "wss://h", "http://localhost:8080", new URL("ws://h/")])("%s is what it is for a host's URL", (url) => {
    expect(parseUrl(url, URL).href).toBe(new URL(url).href);
  });

  test.each(["/chat", "?x", "//h/x", "localhost:8080", "h/x", "[::1]:80", "", "ws://", 5, undefined, null, {}])("%j is no URL", (url) => {
    expect(() => parseUrl(url, URL)).toThrow(/is not an absolute URL|must be a string or a URL/);
  });
});

test("§3 a path may be missing: it is / then, also before a query", () => {
  const url = { protocol: "ws:", host: "a", hostname: "a", port: "", pathname: "", search: "?x", hash: "", username: "", password: "" };
  expect(connectTarget(url)).toEqual({ secure: false, hostname: "a", port: 80, host: "a", target: "/?x" });
});

describe("why a server was not reached", () => {
  const target = connectTarget(new URL("wss://a.example"));

  test.each<[unknown, string]>([
    [
      Object.assign(new Error("connect ECONNREFUSED 1.2.3.4:5"), { code: "ECONNREFUSED" }),
      "the connection was refused, so nothing listens there",
    ],
    [
      new AggregateError([new Error("connect ECONNREFUSED ::1"), new Error("connect ECONNREFUSED 127.0.0.1")], ""),
      "the connection was refused, so nothing listens there",
    ],
    [new AggregateError([new Error("one"), new Error("other")]), "one; other"],
    [Object.assign(new Error("connect ENOENT /x"), { code: "ENOENT" }), "there is no such socket"],
    [Object.assign(new Error("connect ETIMEDOUT 1.2.3.4:5"), { code: "ETIMEDOUT" }), "there is no answer"],
    [new Error("Operation timed out (os error 110)"), "there is no answer"],
    [Object.assign(new Error("connect EHOSTUNREACH"), { code: "EHOSTUNREACH" }), "there is no way to that address"],
    [new Error("peer closed connection: unexpected end of file"), "the server closed the connection during the TLS handshake"],
    [
      Object.assign(new Error("getaddrinfo ENOTFOUND a.example"), { code: "ENOTFOUND" }),
      "the name a.example is not known, or the name service does not answer",
    ],
    [
      new Error("x:error:SSL routines:wrong version number:y.c:78:\n"),
      "the server speaks no TLS there; for one without, write ws://a.example",
    ],
    [new Error("no altname: \u001b[2J\nDNS:b"), "no altname: \\u{1b}[2J DNS:b"],
    ["text", "text"],
    [undefined, "undefined"],
    [null, "null"],
    [{}, "[object Object]"],
  ])("%s", async (error, reason) => {
    const { host } = manualHost();
    const connecting = openConnection(host, target, () => Promise.reject(error as Error));
    await expect(connecting).rejects.toMatchObject({ code: "TRANSPORT_LOST", message: `no connection to wss://a.example: ${reason}` });
  });

  test("a host that is known by its name alone", async () => {
    const { host } = manualHost();
    const connecting = openConnection(host, { host: "a.example:8", target: "/" }, () => Promise.reject(new Error("EAI_AGAIN")));
    await expect(connecting).rejects.toThrow(
      "no connection to a.example:8: the name a.example:8 is not known, or the name service does not answer",
    );
  });

  test.each<[string, Uint8Array | undefined, string]>([
    ["ws://a.example", Uint8Array.of(21, 3, 1, 0, 2, 2, 70), "The server speaks TLS: write wss://a.example"],
    ["ws://a.example:8080", undefined, "Nothing came from it: if it speaks TLS, write wss://a.example:8080"],
    ["wss://a.example", undefined, "The connection ended before the response to the handshake was complete."],
    [
      "ws://a.example",
      new TextEncoder().encode("HTTP/1.1 101 \r\n"),
      "The connection ended before the response to the handshake was complete.",
    ],
  ])("%s that is answered with %j", async (url, answer, advice) => {
    const { host, group } = manualHost();
    const [near, far] = memoryTransportPair(group.clock);
    const connecting = openConnection(host, connectTarget(new URL(url)), () => near);
    const sink = {
      received: (): void => undefined,
      drained: (): void => undefined,
      ended: (): void => undefined,
      closed: (): void => undefined,
    };
    far.start(sink);
    if (answer !== undefined) far.write([answer]);
    far.end();
    await expect(connecting).rejects.toThrow(advice);
    await connecting.catch((error: Error) => expect(error.message.endsWith(advice)).toBe(true));
  });
});
