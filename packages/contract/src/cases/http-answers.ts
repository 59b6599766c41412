/** Ordinary HTTP on the port of a server: what `fetch` gives back is looked at, and its body sent. */
import { assert, type Case, delay, equal, eventually, local } from "../case.ts";
import { rawConnect } from "../raw.ts";
import { get, response } from "./http.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

const nothing = { message: () => undefined };

const used = (): Response => {
  const answer = new Response("x");
  void answer.text();
  return answer;
};
const nonsense: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  text: () => "x",
  number: () => 5,
  object: () => ({}),
  "a promise of a number": () => Promise.resolve(5),
  "Response.error()": () => Response.error(),
  "a used response": used,
  throws: () => {
    throw new Error("on purpose");
  },
  rejects: () => Promise.reject(new Error("on purpose")),
  "a getter that throws": () => Object.defineProperty({}, "status", { get: () => { throw new Error("on purpose"); } }), // prettier-ignore
};

export const httpAnswers: Case[] = [
  local("`fetch` that returns what is no Response: 500, and an error to `onError`, with and without parameters", async (t) => {
    for (const [name, answer] of Object.entries(nonsense)) {
      for (const fetch of [() => answer(), (_request: Request) => answer(), (_request: Request, _more: unknown) => answer()]) {
        const errors: unknown[] = [];
        const server = await t.listen({ fetch: fetch as never, onError: (error) => errors.push(error) }, nothing);
        const peer = await rawConnect(t, server.port);
        // The connection goes on.
        for (let round = 1; round <= 2; round++) {
          peer.write(get("/"));
          equal([(await response(peer)).status, errors.length], [500, round], `${name}, ${fetch.length} parameters`);
        }
        await server.close({ timeout: 1 });
      }
    }
  }),
  local("`fetch`: an `onError` that throws or rejects stops nothing", async (t) => {
    for (const onError of [
      () => {
        throw new Error("x");
      },
      () => Promise.reject(new Error("x")),
    ]) {
      // prettier-ignore
      const printed = console.error;
      console.error = () => undefined;
      t.defer(() => (console.error = printed));
      const server = await t.listen({ fetch: () => undefined as never, onError: onError as never }, nothing);
      const peer = await rawConnect(t, server.port);
      peer.write(get("/"));
      equal((await response(peer)).status, 500);
      await delay(10, "nothing follows");
    }
  }),
  local("`fetch`: a body that fails on its way ends the connection, and nobody takes it for whole", async (t) => {
    const errors: unknown[] = [];
    for (const chunks of [0, 2]) {
      const fetch: Fetch = () => {
        let count = 0;
        return new Response(
          new ReadableStream({
            pull: (controller) =>
              count++ < chunks ? controller.enqueue(new TextEncoder().encode("part")) : controller.error(new Error("on purpose")),
          }),
        );
      };
      const server = await t.listen({ fetch, onError: (error) => errors.push(error) }, nothing);
      const peer = await rawConnect(t, server.port);
      peer.write(get("/"));
      const text = new TextDecoder().decode(await peer.readAll());
      assert(!text.endsWith("0\r\n\r\n") || /^HTTP\/1\.1 500/.test(text), text);
      await eventually(() => errors.length > 0, "told");
      errors.length = 0;
      await server.close({ timeout: 300 });
    }
  }),
  local("`fetch`: a text has its Content-Type, what names its own keeps it, a stream has none", async (t) => {
    const made: Record<string, () => Response> = {
      "/text": () => new Response("text"),
      "/status": () => new Response("text", { status: 201, headers: { "X-One": "1" } }),
      "/html": () => new Response("<p>", { headers: { "Content-Type": "text/html" } }),
      "/bytes": () => new Response(new Uint8Array([0xff, 0xfe])),
      "/stream": () =>
        new Response(new ReadableStream({ start: (controller) => (controller.enqueue(new Uint8Array(3)), controller.close()) })),
      "/none": () => new Response(null, { status: 204 }),
    };
    const server = await t.listen({ fetch: (request) => made[new URL(request.url).pathname]!() }, nothing);
    const peer = await rawConnect(t, server.port);
    const types: Record<string, string | undefined> = {};
    for (const path of Object.keys(made)) {
      peer.write(get(path));
      types[path] = /^content-type: *(.*)\r$/im
        .exec((await response(peer)).head)?.[1]
        ?.toLowerCase()
        .replace("; ", ";");
    }
    const text = "text/plain;charset=utf-8";
    equal(types, { "/text": text, "/status": text, "/html": "text/html" });
  }),
  local("`fetch`: a large response reaches a client that reads slowly, and the body of a request waits for its reader", async (t) => {
    const size = 1 << 20;
    const fetch: Fetch = async (request) => {
      if (request.method === "GET") return new Response(new Uint8Array(size).fill(120));
      await delay(100, "slow on purpose");
      return new Response(String((await request.arrayBuffer()).byteLength));
    };
    const server = await t.listen({ fetch }, nothing);
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    peer.socket.pause();
    await delay(100, "slow on purpose");
    peer.socket.resume();
    equal((await response(peer)).body.length, size);
    peer.write(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    peer.write(new Uint8Array(size));
    equal((await response(peer)).body, String(size));
  }),
  local("`fetch`: a client that reads nothing of its response is given up by `stallTimeout`", async (t) => {
    let gone = false;
    const fetch: Fetch = (request) => {
      request.signal.addEventListener("abort", () => (gone = true));
      return new Response(new Uint8Array(32 << 20));
    };
    const server = await t.listen({ fetch, stallTimeout: 300 }, nothing);
    const peer = await rawConnect(t, server.port);
    peer.socket.pause();
    peer.write(get("/"));
    await eventually(() => gone, "given up");
    peer.socket.destroy();
  }),
];
