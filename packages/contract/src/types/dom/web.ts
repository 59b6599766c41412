/** Compiled only: the web platform's interfaces can be given wherever the DOM's are wanted, and used as these are. */
import type { OpenOptions } from "@ws/endpoint";
import type { CloseEventClass, WebSocketClass, WebSocketError, WebSocketInstance, WebSocketStreamClass } from "@ws/endpoint/web";

declare const Ours: WebSocketClass<OpenOptions>;
declare const OurCloseEvent: CloseEventClass;
declare const OurStream: WebSocketStreamClass<OpenOptions>;
declare const OurError: typeof WebSocketError;

/** The constructor, its constants, and what it makes. */
export const constructor: typeof globalThis.WebSocket = Ours;
export const instance: globalThis.WebSocket = new Ours("ws://localhost", ["chat"]);
export const closeEvent: typeof globalThis.CloseEvent = OurCloseEvent;
export const error: DOMException = new OurError("", { closeCode: 1000 });

/** And the other way: a function that is given the DOM's takes ours. */
export function standard(socket: globalThis.WebSocket): string {
  socket.onopen = function (event) {
    this.send(event.type);
  };
  socket.addEventListener("message", ({ data }: MessageEvent<string>) => socket.send(data));
  socket.addEventListener("close", ({ code, reason, wasClean }) => [code, reason, wasClean]);
  return `${socket.readyState === globalThis.WebSocket.OPEN}`;
}
standard(new Ours(new URL("ws://localhost"), "chat"));

/** Programs for the DOM's interface compile with ours. */
export function program(WebSocket: typeof Ours): WebSocketInstance {
  const socket = new WebSocket("ws://localhost", { headers: { a: "b" }, protocols: ["chat"], maxMessageBytes: 1 });
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => socket.send(event.data as ArrayBuffer);
  socket.onclose = ({ code, wasClean }) => (wasClean ? code : undefined);
  socket.onopen = null;
  socket.addEventListener("close", ({ reason }) => reason.length, { once: true });
  socket.onerror = ({ error, message }) => (error.kind === "refused" ? error.code : message);
  socket.addEventListener("error", ({ error }) => (error.name === "HandshakeError" ? error.status : error.closeCode));
  // @ts-expect-error a client's error has no code of a server
  socket.addEventListener("error", ({ error }) => error.code === "ORIGIN_NOT_ALLOWED");
  const listener: EventListenerObject = { handleEvent: () => undefined };
  socket.addEventListener("error", listener);
  socket.removeEventListener("error", listener);
  if (socket.readyState === WebSocket.OPEN) socket.close(1000, "done");
  return socket;
}

/** The draft's interface, transcribed from its IDL: no library of types has it yet. */
interface DraftStream {
  readonly url: string;
  readonly opened: Promise<{ readable: ReadableStream; writable: WritableStream; extensions: string; protocol: string }>;
  readonly closed: Promise<{ closeCode?: number; reason?: string }>;
  close(closeInfo?: { closeCode?: number; reason?: string }): void;
}
export const draft: new (url: string, options?: { protocols?: string[]; signal?: AbortSignal }) => DraftStream = OurStream;
