/** Cases of the web platform's interfaces, on the same footing as those of the contract: no test framework, inside each runtime. */
import type { OpenOptions } from "@ws/endpoint";
import type {
  CloseEventClass,
  WebSocketClass,
  WebSocketError,
  WebSocketEvents,
  WebSocketInstance,
  WebSocketStreamClass,
  WebSocketStreamInstance,
} from "@ws/endpoint/web";

import { AssertionError, type Case, delay, equal, patient, type Setting, Test, thrownBy } from "../case.ts";
import { acceptHead, closePayload, rawListen, type RawPeer, unmasked } from "../raw.ts";

export interface WebApi {
  readonly WebSocket: WebSocketClass<OpenOptions>;
  readonly WebSocketStream: WebSocketStreamClass<OpenOptions>;
  readonly WebSocketError: typeof WebSocketError;
  getCloseEvent(): CloseEventClass;
}

/** Servers that other programs run: this stack's, `ws`, and the runtimes' own. */
export interface Peers {
  readonly ours: string;
  readonly ws: string;
  readonly bun: string;
  readonly deno: string;
}

export interface WebCase extends Pick<Case, "name" | "alone"> {
  run(t: WebTest): Promise<void> | void;
}

export function web(name: string, run: (t: WebTest) => Promise<void> | void, options: Pick<Case, "alone"> = {}): WebCase {
  return { ...options, name, run };
}

export class WebTest extends Test {
  readonly api: WebApi;
  readonly peers: Peers;

  constructor(setting: Setting, api: WebApi, peers: Peers) {
    super(setting, undefined);
    this.api = api;
    this.peers = peers;
  }

  /** With its protocols alone, that is how it is called, and its handshake has the default's deadline. */
  socket(...[url, second]: ConstructorParameters<WebSocketClass<OpenOptions>>): WebSocketInstance {
    const isOptions = second === undefined || (typeof second === "object" && second !== null && !(Symbol.iterator in second));
    const socket = new this.api.WebSocket(url, isOptions ? { ...patient, ...second } : second);
    this.defer(() => socket.terminate());
    return socket;
  }

  stream(...[url, options]: ConstructorParameters<WebSocketStreamClass<OpenOptions>>): WebSocketStreamInstance {
    return new this.api.WebSocketStream(url, { ...patient, ...options });
  }

  /** Open, with a peer that accepted and speaks bytes. */
  async rawPair(
    lines: readonly string[] = [],
    second?: ConstructorParameters<WebSocketClass<OpenOptions>>[1],
  ): Promise<{ socket: WebSocketInstance; peer: RawPeer; head: string }> {
    const { url, accepted } = await this.rawServer(lines);
    const socket = this.socket(url, second);
    const [{ peer, head }] = await Promise.all([accepted, next(socket, "open")]);
    return { socket, peer, head };
  }

  async rawStream(
    options?: ConstructorParameters<WebSocketStreamClass<OpenOptions>>[1],
  ): Promise<{ stream: WebSocketStreamInstance; peer: RawPeer }> {
    const { url, accepted } = await this.rawServer();
    const stream = this.stream(url, options);
    const [{ peer }] = await Promise.all([accepted, stream.opened]);
    return { stream, peer };
  }

  /** A server that accepts whoever comes, and sends `bytes` in the same write. */
  async rawServer(
    lines: readonly string[] = [],
    ...frames: readonly Uint8Array[]
  ): Promise<{ url: string; accepted: Promise<{ peer: RawPeer; head: string }> }> {
    let resolve!: (value: { peer: RawPeer; head: string }) => void;
    const accepted = new Promise<{ peer: RawPeer; head: string }>((settle) => (resolve = settle));
    const { url } = await rawListen(this, async (peer) => {
      const head = await peer.readHead();
      peer.write(acceptHead(head, lines), ...frames);
      resolve({ peer, head });
    });
    return { url, accepted };
  }
}

/** The next event of a type. */
export function next<Type extends keyof WebSocketEvents>(socket: EventTarget, type: Type): Promise<WebSocketEvents[Type]> {
  return new Promise((resolve) => socket.addEventListener(type, (event) => resolve(event as WebSocketEvents[Type]), { once: true }));
}

/** So many messages' data. */
export function messages(socket: EventTarget, count: number): Promise<unknown[]> {
  const received: unknown[] = [];
  return new Promise((resolve) => {
    const listener = (event: Event): void => {
      received.push((event as MessageEvent).data);
      if (received.length < count) return;
      socket.removeEventListener("message", listener);
      resolve(received);
    };
    socket.addEventListener("message", listener);
  });
}

/** Writes the types of all events down, in order. */
export function recorded(socket: EventTarget): string[] {
  const log: string[] = [];
  for (const type of ["open", "message", "error", "close"]) socket.addEventListener(type, () => log.push(type));
  return log;
}

/** Answers the client's Close with the same, and ends. */
export async function answerClose(peer: RawPeer): Promise<Uint8Array> {
  const frame = await peer.readFrame();
  equal(frame.header.opcode, 8, "opcode");
  peer.write(unmasked(8, frame.payload));
  peer.socket.end();
  return frame.payload;
}

/** Expects an exception by its class, or a DOMException by its name. */
export function throws(action: () => unknown, name: string, what: string = String(action)): Error {
  const thrown = thrownBy(action);
  if (thrown === undefined) throw new AssertionError(`${what}: expected ${name}, nothing was thrown`);
  equal((thrown as Error).name, name, `${what}: ${String(thrown)}`);
  const isDOM = !name.endsWith("TypeError") && name !== "RangeError";
  equal(thrown instanceof DOMException, isDOM, `${what}: is a DOMException`);
  return thrown as Error;
}

/** A Close as servers send it. */
export function closeFrame(code: number, reason = ""): Uint8Array {
  return unmasked(8, closePayload(code, reason));
}

/** The rejection of a promise. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { closeCode?: unknown; reason?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new AssertionError("expected a rejection");
}

/** "pending", or how the promise was settled. */
export async function stateOf(promise: Promise<unknown>): Promise<string> {
  return await Promise.race([
    promise.then(
      () => "fulfilled",
      () => "rejected",
    ),
    delay(20, "nothing follows").then(() => "pending"),
  ]);
}

/** A turn of the event loop. */
export function task(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
