/** §4.2.2: what a program's `upgrade` answers, and who waits for it. */
import { assert, type Case, delay, equal, eventually, local } from "../case.ts";
import { rawConnect, requestHead } from "../raw.ts";
import { response } from "./http.ts";

const wrong: Record<string, () => unknown> = {
  nothing: () => undefined,
  "a promise of nothing": () => Promise.resolve(),
  false: () => false,
  null: () => null,
  true: () => true,
  "a number": () => 42,
  "a text": () => "no",
  "a symbol": () => Symbol("x"),
  "{ statusCode }": () => ({ statusCode: 401 }),
  "status 99": () => ({ status: 99 }),
  'status "401"': () => ({ status: "401" }),
  "a bad header": () => ({ status: 401, headers: { "a\nb": "c" } }),
  "a body that is a number": () => ({ status: 401, body: 5 }),
  "a body for 204": () => ({ status: 204, body: "x" }),
  "a getter that throws": () => Object.defineProperty({}, "status", { enumerable: true, get: () => { throw new Error("on purpose"); } }), // prettier-ignore
  "a used Response": () => {
    const answer = new Response("x");
    void answer.text();
    return answer;
  },
};

export const upgrade: Case[] = [
  local("`upgrade`: an answer that is none is 500, and goes to `onError`; nothing opens", async (t) => {
    for (const [name, answer] of Object.entries(wrong)) {
      const errors: unknown[] = [];
      let opened = 0;
      const server = await t.listen(
        { upgrade: answer as never, onError: (error) => errors.push(error) },
        { open: () => void opened++, message: () => undefined },
      );
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead());
      equal([(await response(peer)).status, errors.length, opened], [500, 1, 0], name);
      await peer.readAll();
      await server.close({ timeout: 1 });
    }
  }),
  local("`upgrade`: {} accepts; a Response refuses with its status, headers and body", async (t) => {
    const accepting = await t.listen({ upgrade: () => ({}) }, { message: () => undefined });
    await t.connect(accepting.url);
    const refusals: (() => Response | Promise<Response>)[] = [
      () => new Response("who?", { status: 401, headers: { "WWW-Authenticate": "Basic" } }),
      () => Promise.resolve(new Response("who?", { status: 401, headers: { "WWW-Authenticate": "Basic" } })),
    ];
    for (const upgrade of refusals) {
      const server = await t.listen({ upgrade }, { message: () => undefined });
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead());
      const answer = await response(peer);
      equal([answer.status, answer.body], [401, "who?"]);
      assert(/^www-authenticate: Basic\r$/im.test(answer.head), answer.head);
      assert(/^content-type: text\/plain; ?charset=utf-8\r$/im.test(answer.head), answer.head);
    }
  }),
  local(
    "`upgrade`: a client that leaves while it decides is refused without `open`, its place is free, and the signal fires",
    async (t) => {
      const seen: string[] = [];
      const signals: AbortSignal[] = [];
      const decide: (() => void)[] = [];
      const refused: unknown[] = [];
      const server = await t.listen(
        {
          maxPendingHandshakes: 1,
          upgrade: ({ signal }) => {
            signals.push(signal);
            return new Promise<object>((resolve) => decide.push(() => resolve({})));
          },
          onRefused: ({ code }) => refused.push(code),
        },
        { open: () => void seen.push("open"), close: () => void seen.push("close") },
      );
      for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
        const peer = await rawConnect(t, server.port);
        peer.write(requestHead());
        await eventually(() => signals.length === decide.length && signals.some(({ aborted }) => !aborted), "asked");
        peer.socket[leave]();
        await eventually(() => signals.every(({ aborted }) => aborted), `told of ${leave}`);
        peer.socket.destroy();
        await peer.closed();
      }
      for (const one of decide) one();
      await delay(10, "nothing follows");
      equal([seen, refused.length], [[], 3]);
    },
  ),
  local("`onRefused` is told of refused handshakes, with the status and the reason", async (t) => {
    const told: [string, number, string | undefined][] = [];
    const server = await t.listen(
      { onRefused: ({ code, status }, request) => told.push([code, status, request?.target]) },
      { message: () => undefined },
    );
    for (const head of [requestHead("/page", ["Origin: https://evil.example"]), "garbage\r\n\r\n"]) {
      const peer = await rawConnect(t, server.port);
      peer.write(head);
      await peer.readAll();
    }
    equal(told, [
      ["ORIGIN_NOT_ALLOWED", 403, "/page"],
      ["MALFORMED_START_LINE", 400, undefined],
    ]);
  }),
  local("§4.2.2 a refusal with a status that has no content is sent with none", async (t) => {
    for (const status of [204, 304]) {
      const server = await t.listen({ upgrade: () => ({ status }) }, { message: () => undefined });
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead());
      const text = new TextDecoder().decode(await peer.readAll());
      assert(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n$`).test(text) && !/content-length/i.test(text), text);
    }
  }),
  local("§10.2 the default ports of ws: and wss: origins", async (t) => {
    const server = await t.listen({}, { message: () => undefined });
    for (const [origin, host, status] of [
      ["wss://example.com", "example.com:443", 101],
      ["ws://example.com", "example.com", 101],
      ["ws://example.com", "example.com:443", 403],
    ] as const) {
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead("/", [`Origin: ${origin}`]).replace("Host: 127.0.0.1", `Host: ${host}`));
      equal(Number(/^HTTP\/1\.1 (\d+) /.exec(await peer.readHead())?.[1]), status, `${origin} at ${host}`);
    }
  }),
];
