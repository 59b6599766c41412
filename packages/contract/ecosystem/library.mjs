// What each library's script starts from: our WebSocket of this runtime, and an end that says how it went.
import { isDeepStrictEqual } from "node:util";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
const adapter = await import(`@ws/${runtime}`);

/** Counts, so that a library that takes another class is found out. */
export class WebSocket extends adapter.WebSocket {
  static made = 0;
  constructor(...parameters) {
    super(...parameters);
    WebSocket.made++;
  }
}

/** For libraries that take whatever `WebSocket` is global: call it before they are imported. */
export function makeGlobal() {
  Object.defineProperty(globalThis, "WebSocket", { value: WebSocket, configurable: true, writable: true });
  if (typeof globalThis.CloseEvent === "undefined") globalThis.CloseEvent = adapter.getCloseEvent();
}

export function equal(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The first event's argument. */
export function once(emitter, event) {
  return new Promise((resolve) => (emitter.once ?? emitter.addEventListener).call(emitter, event, resolve, { once: true }));
}

/** Runs the main job of a library against the server at the address given, and ends the process. */
export async function library(job) {
  const late = delay(15_000).then(() => {
    throw new Error("not within 15 s");
  });
  try {
    const jobs = await Promise.race([job(process.argv[2]), late]);
    if (WebSocket.made === 0) throw new Error("the library used another WebSocket");
    console.log(JSON.stringify({ ok: true, did: jobs, connections: WebSocket.made }));
    process.exit(0);
  } catch (error) {
    console.log(JSON.stringify({ ok: false, error: String(error?.stack ?? error) }));
    process.exit(1);
  }
}
