import type { Utf8 } from "@ws/codec";
import { expect } from "vitest";

import { feed, sameInAnyChunks } from "../../codec/test/chunking.ts";
import { evaluateRequest } from "../src/handshake/index.ts";
import type { Header, Refusal, RequestHead, ResponseHead, ServerHandshakeOptions, UpgradeRequest } from "../src/handshake/index.ts";
import { ofHead, text, type HeadOutcome } from "./receivers.ts";

/** What the handshake's tests share: octets, heads, and running a decoder over them. */

export { text };

export const RUNS = { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 200) };

export function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function lines(...fields: readonly string[]): string {
  return `${fields.join("\r\n")}\r\n\r\n`;
}

export function nonceOf(key: string): Uint8Array {
  return Uint8Array.from(Buffer.from(key, "base64"));
}

export function decodeHead(kind: "request" | "response", pieces: readonly Uint8Array[], limits = {}, host?: Utf8): HeadOutcome {
  return feed(ofHead(kind, { ...limits, utf8: host }), pieces);
}

/** The outcome at every chunk size, after checking that it is the same at each. */
export function decodeAtEveryChunkSize(kind: "request" | "response", bytes: Uint8Array, limits = {}): HeadOutcome {
  return sameInAnyChunks(bytes, () => ofHead(kind, limits));
}

/** RFC 6455 §1.2 and §4.1 */
export const REQUEST_HEADERS: readonly Header[] = [
  ["Host", "server.example.com"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["Origin", "http://server.example.com"],
  ["Sec-WebSocket-Protocol", "chat, superchat"],
  ["Sec-WebSocket-Version", "13"],
];

/** The request of the RFC with some fields replaced (in place), removed (`undefined`), or added (a list is several fields). */
export function requestHead(
  changes: Readonly<Record<string, string | undefined | readonly string[]>> = {},
  startLine: { method?: string; target?: string; version?: string } = {},
): RequestHead {
  const headers: Header[] = [];
  const add = (name: string, value: string | undefined | readonly string[]): void => {
    for (const one of value === undefined ? [] : typeof value === "string" ? [value] : value) headers.push([name, one]);
  };
  for (const [name, value] of REQUEST_HEADERS) {
    add(name, Object.hasOwn(changes, name) ? changes[name] : value);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (!REQUEST_HEADERS.some(([known]) => known === name)) add(name, value);
  }
  return { method: "GET", target: "/chat", version: "1.1", headers, ...startLine };
}

export function encodeRequestHead({ method, target, version, headers }: RequestHead): Uint8Array {
  return octets(lines(`${method} ${target} HTTP/${version}`, ...headers.map(([name, value]) => `${name}: ${value}`)));
}

export function expectUpgrade(head: RequestHead, options?: ServerHandshakeOptions): UpgradeRequest {
  const result = evaluateRequest(head, options);
  expect(result).toMatchObject({ kind: "upgrade" });
  return result as UpgradeRequest;
}

export function expectRefusal(head: RequestHead, code: string, status: number, options?: ServerHandshakeOptions): Refusal {
  const result = evaluateRequest(head, options);
  expect(result).toMatchObject({ kind: "refusal", code, status });
  return result as Refusal;
}

export function response(refusal: Uint8Array): { head: ResponseHead; body: string } {
  const outcome = decodeHead("response", [refusal]);
  expect(outcome.code, outcome.message).toBeUndefined();
  return { head: outcome.head as ResponseHead, body: Buffer.from(outcome.rest!, "latin1").toString("utf8") };
}

/**
 * Fails unless the cost grows with the size and not with its square. Both sizes are timed in turns, and the least of each counts, because
 * whatever else the machine does only adds; a busy machine gets more turns. A line gives `GROWTH`, a square its square. Keep `size` small, so
 * that garbage collection and caches play no part.
 */
export function expectLinear(cost: (size: number) => void, size: number, what = ""): void {
  const time = (units: number): number => {
    // Time: compared with that of another size, in the same run.
    const begin = performance.now();
    cost(units);
    return performance.now() - begin;
  };
  for (let warm = 0; warm < 20; warm++) cost(size);
  let small = Number.POSITIVE_INFINITY;
  let large = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 40; turn++) {
    for (let again = 0; again < GROWTH; again++) small = Math.min(small, time(size));
    large = Math.min(large, time(size * GROWTH));
    // Less than a twentieth of a millisecond is below what the clock tells apart.
    if (turn >= 2 && large / Math.max(small, 0.05) < 4 * GROWTH) return;
  }
  expect.fail(`${what}: ${small} ms for ${size}, ${large} ms for ${size * GROWTH}`);
}

const GROWTH = 16;
