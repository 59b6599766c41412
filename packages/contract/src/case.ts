/**
 * Cases, and what they get to work with. No test framework: the suite has to run inside every runtime as it is.
 */
import { DEFAULTS } from "@ws/protocol";
import type { Connection, ConnectionHandler, ContextOf, NoContext, Undecided, Server, AnyAnswer } from "@ws/endpoint";

import type { Adapter, AdapterName, CommonConnectOptions, CommonListenOptions, CommonListenOptionsWithUpgrade } from "./adapter.ts";
import { type DifferenceName, differs } from "./differences.ts";
import { deadline } from "./patience.ts";

/** Where the servers of `serve.ts` listen. */
export interface Target {
  readonly runtime: AdapterName;
  readonly path: Path;
  /** Function style, with the behaviours of `serve.ts`. */
  readonly ws: string;
  /** Handler style, echoing. */
  readonly echo: string;
  readonly wss: string;
  /** The same over a Unix socket. */
  readonly unix: string;
}

export interface Certificate {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

/** Without or with ordinary HTTP on the same port: other listeners, other transports. */
export type Path = "bare" | "fetch";

export interface Case {
  readonly name: string;
  /** "pair": against a server that may be another runtime. "local": starts its own. */
  readonly kind: "pair" | "local";
  /** Part of the short run over all pairs. */
  readonly smoke?: boolean;
  /** In a process of its own: it matters what the process did before, or that it ends. */
  readonly fresh?: boolean;
  /** Not beside other cases: it counts what the whole process holds, or keeps its loop busy. */
  readonly alone?: boolean;
  /** The path under test does not reach it: it has no listener, or says what its listeners serve. It is run on one of them. */
  readonly anyPath?: boolean;
  /** Only in the endurance run. */
  readonly endurance?: boolean;
  /** ms on a quiet machine. */
  readonly timeout?: number;
  /** Skipped where the runtime differs so. */
  readonly unless?: DifferenceName;
  run(t: Test): Promise<void> | void;
}

/** ms on a quiet machine. */
export const CASE_TIMEOUT = 60_000;

export function pair(name: string, run: (t: Test) => Promise<void> | void, options: Partial<Case> = {}): Case {
  return { ...options, name, kind: "pair", run };
}
export function local(name: string, run: (t: Test) => Promise<void> | void, options: Partial<Case> = {}): Case {
  return { ...options, name, kind: "local", run };
}

export function runsOn({ anyPath }: Case, path: Path): boolean {
  return anyPath !== true || path === "bare";
}

export interface Setting {
  readonly adapter: Adapter;
  readonly runtime: AdapterName;
  readonly path: Path;
  readonly certificate: Certificate;
  /** A fresh folder for sockets. */
  readonly folder: string;
}

/** The defaults of what has a deadline, on a quiet machine: on a busy one a peer in the same process is late as well. */
export const patient = {
  handshakeTimeout: deadline(DEFAULTS.handshakeTimeout),
  closeTimeout: deadline(DEFAULTS.closeTimeout),
  keepAlive: { interval: deadline(DEFAULTS.keepAliveInterval), timeout: deadline(DEFAULTS.keepAliveTimeout) },
} as const;

type OnError = (error: unknown, connection: never) => unknown;

/** One run of a case: what it starts is ended when it is over. */
export class Test {
  readonly setting: Setting;
  readonly adapter: Adapter;
  readonly #target: Target | undefined;
  readonly #anyPath: boolean;
  readonly #cleanup: (() => unknown)[] = [];
  readonly #failed: AssertionError[] = [];

  constructor(setting: Setting, target: Target | undefined, anyPath = false) {
    this.setting = setting;
    this.adapter = setting.adapter;
    this.#target = target;
    this.#anyPath = anyPath;
  }

  get target(): Target {
    if (this.#target === undefined) throw new Error("this case is local");
    return this.#target;
  }

  differs(name: DifferenceName): boolean {
    return differs(name, this.setting.runtime, this.setting.path);
  }

  defer(step: () => unknown): void {
    this.#cleanup.push(step);
  }

  async end(): Promise<void> {
    for (const step of this.#cleanup.splice(0).reverse()) await step();
    const [first] = this.#failed.splice(0);
    if (first !== undefined) throw first;
  }

  /** What a case asserts inside a handler the product catches; it is noted here, and fails the case. */
  #noting<Options extends { readonly onError?: OnError | undefined }>(options: Options): Options {
    const { onError } = options;
    if (onError !== undefined && typeof onError !== "function") return options;
    return {
      ...options,
      onError: (error: unknown, connection: never) => {
        if (error instanceof AssertionError) this.#failed.push(error);
        if (onError !== undefined) return onError(error, connection);
        console.error(error);
        return undefined;
      },
    };
  }

  /** A server of this runtime, on the path under test. */
  listen<A extends AnyAnswer = Undecided>(
    options: CommonListenOptionsWithUpgrade<A>,
    handler: ConnectionHandler<ContextOf<A>>,
  ): Promise<Server<ContextOf<A>>>;
  listen<A extends AnyAnswer = NoContext>(
    options: CommonListenOptions<A>,
    handler: ConnectionHandler<ContextOf<A>>,
  ): Promise<Server<ContextOf<A>>>;
  async listen<A extends AnyAnswer>(
    options: CommonListenOptions<A>,
    handler: ConnectionHandler<ContextOf<A>>,
  ): Promise<Server<ContextOf<A>>> {
    if (this.#anyPath && !("fetch" in options)) throw new Error("a case that is run on one path says what its listeners serve");
    const fetch = this.setting.path === "fetch" ? (): Response => new Response("ordinary") : undefined;
    const server = await this.adapter.listen(this.#noting({ fetch, ...patient, ...options }), handler);
    this.defer(() => server.close({ timeout: 1 }));
    return server;
  }

  async connect(url: string, options?: CommonConnectOptions, handler?: ConnectionHandler<undefined>): Promise<Connection<undefined>> {
    const connection = await this.adapter.connect(url, this.#noting({ ...patient, ...options }), handler);
    this.defer(async () => {
      connection.abort();
      await connection.closed;
    });
    return connection;
  }
}

// ---- assertions ----

export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: unknown, what: string): asserts condition {
  if (condition !== true && !condition) throw new AssertionError(what);
}

export function equal(actual: unknown, expected: unknown, what = "value"): void {
  if (actual === expected) return;
  if (actual instanceof Uint8Array && expected instanceof Uint8Array && Buffer.compare(actual, expected) === 0) return;
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new AssertionError(`${what}: expected ${cut(right)}, got ${cut(left)}`);
}

export async function rejects(
  promise: PromiseLike<unknown>,
  expected: { name?: string; code?: string; status?: number },
): Promise<Error & { code?: unknown }> {
  let error: Error & { code?: unknown };
  try {
    await promise;
  } catch (thrown) {
    error = thrown as Error & { code?: unknown };
    for (const [name, value] of Object.entries(expected))
      equal((error as unknown as Record<string, unknown>)[name], value, `${name} of ${error.name}: ${error.message}`);
    return error;
  }
  throw new AssertionError(`expected a rejection with ${JSON.stringify(expected)}`);
}

/** What a call throws: undefined when it does not. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes[${value.length}]${value.length <= 64 ? [...value].join(",") : checksum(value)}`;
  return value === undefined
    ? "undefined"
    : (JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? show(part) : part)) ?? typeof value);
}
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** FNV-1a. */
export function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Bytes that show when some are missing, doubled or exchanged: xorshift, four at a time. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  // Seeds lie close together, states do not; 0 would stay 0.
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, words.byteOffset, length);
}

/** Why a case may wait for a time where it should wait for a condition. No reason makes a case red where the machine is busy. */
export type Reason =
  /** A program or a peer that takes its time: it does not matter how long. */
  | "slow on purpose"
  /** That nothing happens shows by no event. A wait that is too short sees less. */
  | "nothing follows"
  /** Buffers and descriptors of the system: it tells nobody when it has taken what it takes, and the case needs only that it took no more. */
  | "the kernel takes its time"
  /** A deadline of the product runs in real time, and is to pass or to be outlived. */
  | "past a deadline"
  /** What is under test may happen at any moment, and this is one that is not now. */
  | "at another moment";

export function delay(ms: number, _why: Reason): Promise<void> {
  return sleep(ms);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The event loop stands still for so long, and the processor is left to others. */
export function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Fails when `work` takes longer than `quiet` ms on a quiet machine. Leaves no timer, which would hold the process. */
export async function withTimeout(work: Promise<void> | void, quiet: number): Promise<void> {
  const ms = deadline(quiet);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `condition` holds, and fails when that takes longer than `quiet` ms on a quiet machine. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string, quiet = 0.9 * CASE_TIMEOUT): Promise<void> {
  const ms = deadline(quiet);
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new AssertionError(`not within ${ms} ms: ${what}`);
    await sleep(10);
  }
}

/** The next message, or a failure when the connection ends instead. */
export async function receive(connection: AsyncIterable<string | Uint8Array>): Promise<string | Uint8Array> {
  for await (const message of connection) return message;
  throw new AssertionError("the connection ended instead of a message");
}

/** A few rounds of garbage collection, each with a turn in which what was collected is told. */
export async function collectGarbage(): Promise<void> {
  const { gc, Bun } = globalThis as unknown as { gc: () => void; Bun?: { gc(force: boolean): void } };
  for (let round = 0; round < 5; round++) {
    if (Bun === undefined) gc();
    else Bun.gc(true);
    await sleep(20);
  }
}
