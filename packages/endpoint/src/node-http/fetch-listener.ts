/**
 * A program's `fetch` as a listener of `node:http`. What it returns is looked at in one place before it is written: anything but a Response that can be
 * sent is a TypeError, which is answered with 500, whatever the runtime and however many parameters the function has.
 */
import type { RequestListener } from "node:http";

import { shownReturn } from "../connection/option-kinds.ts";

export type Fetch = (request: Request) => Response | Promise<Response>;

/** Makes a listener of `node:http` from a function of the Fetch standard, as the adapters' library does it. */
export type CreateListener = (fetch: Fetch, options: FetchListenerOptions) => RequestListener;

export interface FetchListenerOptions {
  readonly protocol: "http:" | "https:";
  readonly onError: (error: unknown) => void;
}

export function fetchListener(createListener: CreateListener, fetch: Fetch, options: FetchListenerOptions): RequestListener {
  let asked: Request | undefined;
  const listener = createListener(async (request) => {
    asked = request;
    return await checked(await fetch(request));
  }, options);
  return (incoming, outgoing) => {
    listener(incoming, outgoing);
    const request = asked;
    asked = undefined;
    // Kept while it is answered: Node's signal of a Request that has been collected never fires, though a program listens to it.
    outgoing.once("close", () => void request);
  };
}

async function checked(returned: unknown): Promise<Response> {
  const wrong = whatIsWrong(returned);
  if (wrong !== undefined) throw new TypeError(`${EXPECTED}, not ${wrong}.`);
  // Before its `body` is looked at, which makes a stream of it.
  // v8 ignore next -- Bun only, where V8 counts nothing; the contract suite runs it there
  const response = namesNoType ? await withTextType(returned as Response) : (returned as Response);
  if (response.body?.locked === true) throw new TypeError(`${EXPECTED}, not one whose body is being read.`);
  return response;
}

const EXPECTED = "`fetch` has to return a Response that can be sent";

/** Any host's or library's Response will do. Its getters may throw, which is told like anything that `fetch` throws. */
function whatIsWrong(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return shownReturn(value);
  const { status, headers, bodyUsed } = value as Partial<Response>;
  if (typeof status !== "number" || typeof headers?.[Symbol.iterator] !== "function") return shownReturn(value);
  if (!(status >= 200 && status <= 599)) return `one with status ${status}`;
  if (bodyUsed === true) return "one whose body has been read";
  return undefined;
}

// ---- Bun 1.4: a Response of text has no Content-Type, which the Fetch standard gives it ("extract a body") ----

const namesNoType: boolean = new Response("x").headers.get("content-type") === null;

// v8 ignore next -- Bun only, where V8 counts nothing; the contract suite runs it there
const inspect = (response: Response): string => (globalThis as { Bun?: { inspect(value: unknown): string } }).Bun?.inspect(response) ?? "";

/** In memory, and not a stream: the runtime says so only when it shows the object. Tried out before it is believed. */
const IN_MEMORY = /\bBlob \(/;
// v8 ignore next -- Bun only, as above
const showsMemory: boolean =
  namesNoType && IN_MEMORY.test(inspect(new Response("x"))) && !IN_MEMORY.test(inspect(new Response(new ReadableStream())));

/** Whether a text or bytes were given cannot be told afterwards: bytes that are a text are named so, too. */
// v8 ignore next -- Bun only, where V8 counts nothing; the contract suite runs it there
async function withTextType(response: Response): Promise<Response> {
  if (!showsMemory || response.headers.has("content-type") || !IN_MEMORY.test(inspect(response))) return response;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(await response.clone().arrayBuffer());
  } catch {
    return response;
  }
  const headers = new Headers(response.headers);
  headers.set("content-type", "text/plain;charset=UTF-8");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
