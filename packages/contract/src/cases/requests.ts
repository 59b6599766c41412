/** §4.2.1: what programs see of the request, in `upgrade`, `allowedOrigins` and `onRefused`, and later of the connection. */
import type { Connection, UpgradeRequest } from "@ws/endpoint";

import { assert, type Case, equal, eventually, local, type Test } from "../case.ts";
import { rawConnect, requestHead } from "../raw.ts";

const NAMES = ["url", "target", "host", "origin", "subprotocols", "subprotocol", "secure", "httpVersion"] as const;

function seen(request: UpgradeRequest | undefined): Record<string, unknown> {
  assert(request !== undefined, "a request");
  return Object.fromEntries(NAMES.map((name) => [name, request[name]]));
}

/** The requests that `upgrade` and, later, the connection have of this head. */
async function accepted(t: Test, head: string): Promise<{ asked: UpgradeRequest; later: UpgradeRequest; unasked: UpgradeRequest }> {
  const requests: (UpgradeRequest | undefined)[] = [];
  const open = (connection: Connection): void => void requests.push(connection.request);
  const options = { subprotocols: ["chat"], allowedOrigins: "any" } as const;
  const asking = await t.listen({ ...options, upgrade: (request) => (requests.push(request), {}) }, { open });
  const plain = await t.listen(options, { open });
  for (const { port } of [asking, plain]) {
    const peer = await rawConnect(t, port);
    peer.write(head);
    assert(/^HTTP\/1\.1 101 /.test(await peer.readHead()), "accepted");
  }
  await eventually(() => requests.length === 3, "opened");
  const [asked, later, unasked] = requests as [UpgradeRequest, UpgradeRequest, UpgradeRequest];
  return { asked, later, unasked };
}

export const requests: readonly Case[] = [
  local("§4.2.1 `upgrade` sees the whole request, and the connection has it afterwards", async (t) => {
    const head = requestHead("/chat?room=1", ["Origin: https://a.example", "Sec-WebSocket-Protocol: x, chat", "X-A: 1", "X-A: 2"]);
    for (const request of Object.values(await accepted(t, head))) {
      equal(seen(request), {
        url: "ws://127.0.0.1/chat?room=1",
        target: "/chat?room=1",
        host: "127.0.0.1",
        origin: "https://a.example",
        subprotocols: ["x", "chat"],
        subprotocol: "chat",
        secure: false,
        httpVersion: "1.1",
      });
      equal(new URL(request.url).searchParams.get("room"), "1");
      assert(request.remoteAddress?.includes("127.0.0.1") === true, `the client's address: ${request.remoteAddress}`);
      equal([request.headers.get("x-a"), request.headers.getAll("X-A"), request.headers.get("x-b")], ["1, 2", ["1", "2"], null]);
      const headers = new Headers(request.headers);
      equal([headers.get("x-a"), headers.get("host")], ["1, 2", "127.0.0.1"]);
      equal(request.signal.aborted, false, "aborted");
      for (const hidden of ["key", "offers", "kind"]) assert(!(hidden in request), `${hidden} is not for programs`);
    }
  }),
  local("§3 `url` has the host of Host, and of a target in absolute form", async (t) => {
    const heads: [string, string][] = [
      [requestHead("/a").replace("Host: 127.0.0.1", "Host: [::1]:8080"), "ws://[::1]:8080/a"],
      [requestHead("/").replace("Host: 127.0.0.1", "Host: Example.com"), "ws://Example.com/"],
      [requestHead("http://other.example:81/b?c").replace("Host: 127.0.0.1", "Host: example.com"), "ws://other.example:81/b?c"],
    ];
    for (const [head, url] of heads) {
      for (const request of Object.values(await accepted(t, head))) {
        equal(request.url, url);
        assert(new URL(request.url).href !== "", "a URL");
      }
    }
  }),
  local("§3 a Host that no URL has is answered with 400, and reaches no function of the program", async (t) => {
    const reached: string[] = [];
    const server = await t.listen(
      {
        upgrade: ({ url }) => (reached.push(url), { context: new URL(url).pathname }),
        allowedOrigins: (_, { url }) => (reached.push(url), new URL(url).pathname === "/"),
        onError: (error) => reached.push(String(error)),
      },
      { open: () => void reached.push("open") },
    );
    for (const host of ["1.2.3.4.5", "256.256.256.256", "0x100000000", "[v1.x]", "[1::2::3]"]) {
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead("/", ["Origin: http://a.example"]).replace("Host: 127.0.0.1", `Host: ${host}`));
      assert((await peer.readHead()).startsWith("HTTP/1.1 400 "), host);
    }
    equal(reached, []);
  }),
  local("§3 over TLS `url` is wss:", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    const urls: unknown[] = [];
    const open = ({ request }: Connection): void => void urls.push([request?.url, request?.secure]);
    const server = await t.listen({ tls: { key, cert }, upgrade: ({ url, secure }) => (urls.push([url, secure]), {}) }, { open });
    await t.connect(`${server.url}/x`, { tls: { ca } });
    const plain = await t.listen({ tls: { key, cert } }, { open });
    await t.connect(`${plain.url}/x`, { tls: { ca } });
    await eventually(() => urls.length === 3, "opened");
    equal(urls, [
      [`${server.url}/x`, true],
      [`${server.url}/x`, true],
      [`${plain.url}/x`, true],
    ]);
  }),
  local("`allowedOrigins` and `onRefused` see the same request as `upgrade`", async (t) => {
    const told: unknown[] = [];
    const server = await t.listen(
      {
        allowedOrigins: (origin, { url, remoteAddress }) => {
          told.push([origin, url, remoteAddress !== undefined]);
          return origin === "https://good.example";
        },
        upgrade: () => ({ status: 401 }),
        onRefused: ({ code }, request) => told.push([code, request?.url, request?.remoteAddress !== undefined]),
      },
      {},
    );
    for (const origin of ["https://good.example", "https://evil.example"]) {
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead("/a", [`Origin: ${origin}`]));
      await peer.readAll();
    }
    const url = "ws://127.0.0.1/a";
    equal(told, [
      ["https://good.example", url, true],
      ["REFUSED", url, true],
      ["https://evil.example", url, true],
      ["ORIGIN_NOT_ALLOWED", url, true],
    ]);
  }),
];
