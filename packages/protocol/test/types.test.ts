/** What a program may do with what it is handed, by type: bytes fit where the web wants them, and what is shown cannot be written. */
import { encodeClosePayload, encodeFrame, FrameDecoder, MessageDecoder } from "@ws/codec";
import { ConnectionEngine, type EngineOptions } from "@ws/protocol";
import {
  ClientHandshake,
  encodeAccept,
  encodeRefusal,
  type HeadDecoder,
  type ClientHandshakeOptions,
  type HandshakeFailure,
  type HandshakeRequestOptions,
  type HandshakeResponseOptions,
  type HeadersInput,
  type HeadLimits,
  type RefusalOptions,
  type ServerHandshakeOptions,
} from "@ws/protocol/handshake";
import { expect, test } from "vitest";

type Bytes = Uint8Array<ArrayBuffer>;

test("bytes that are handed out lie in an ArrayBuffer, and any view is taken", () => {
  const shared: Uint8Array = new Uint8Array(new SharedArrayBuffer(2));
  const decoder = new MessageDecoder({ role: "client" });
  decoder.receive(shared);
  const handed: Bytes[] = [
    decoder.payload,
    encodeFrame(2, shared),
    encodeClosePayload(1000),
    new ConnectionEngine({ role: "server", now: 0 }).payload,
    new ClientHandshake({ host: "a", target: "/", nonce: new Uint8Array(16) }).request,
  ];
  const later = (): Bytes[] => [
    new FrameDecoder({ role: "client" }).takePayload(),
    encodeAccept(undefined as never),
    encodeRefusal(undefined as never),
    (undefined as unknown as HandshakeFailure).response!.body,
  ];
  expect(later).toBeTypeOf("function");
  // As `crypto.subtle.digest` and `Blob` ask for them.
  expect(new Blob(handed).size).toBeGreaterThan(0);
});

test("what decoders, handshakes and the engine show is read-only by type", () => {
  const write = (
    frames: FrameDecoder,
    messages: MessageDecoder,
    head: HeadDecoder,
    client: ClientHandshake,
    engine: ConnectionEngine,
  ): void => {
    // @ts-expect-error: shown, not taken.
    frames.start = 0;
    // @ts-expect-error: of a header as well.
    frames.header.opcode = 0;
    // @ts-expect-error: shown, not taken.
    messages.text = "";
    // @ts-expect-error: shown, not taken.
    messages.header.maskingKey = 1;
    // @ts-expect-error: shown, not taken.
    head.rest = new Uint8Array(0);
    // @ts-expect-error: shown, not taken.
    client.subprotocol = "";
    // @ts-expect-error: shown, not taken.
    engine.closed = undefined;
    // @ts-expect-error: shown, not taken.
    engine.opcode = 1;
    // The clock is the driver's.
    engine.now = 1;
  };
  expect(write).toBeTypeOf("function");
});

test("every option may be undefined", () => {
  type Optional<T> = { [Name in keyof T as undefined extends T[Name] ? Name : never]-?: undefined };
  const none = <T>(options: Optional<T> & T): T => options;
  const head: HeadLimits = none<HeadLimits>({ maxHeadBytes: undefined, maxHeaders: undefined });
  const server: ServerHandshakeOptions = {
    allowedOrigins: undefined,
    subprotocols: undefined,
    subprotocolOrder: undefined,
    secure: undefined,
    lenient: undefined,
  };
  const response: HandshakeResponseOptions = { subprotocol: undefined, extensions: undefined, headers: undefined, sha1: undefined };
  const request: Omit<HandshakeRequestOptions, "host" | "target" | "nonce"> = {
    subprotocols: undefined,
    extensions: undefined,
    origin: undefined,
    headers: undefined,
  };
  const client: Pick<ClientHandshakeOptions, "limits" | "sha1" | "lenient"> = { limits: undefined, sha1: undefined, lenient: undefined };
  const refusal: RefusalOptions = { status: undefined, headers: undefined, body: undefined, isUpgrade: undefined, isHead: undefined };
  const engine: EngineOptions = { role: "server", now: 0, limits: undefined, keepAlive: undefined, transform: undefined, arena: undefined };
  expect(new ConnectionEngine(engine).state).toBe("open");
  expect([head, server, response, request, client, refusal]).toHaveLength(6);
});

test("headers are pairs, or an object with one value, several or none to a name", () => {
  const inputs: HeadersInput[] = [
    new Headers({ "x-a": "1" }),
    new Map([["x-a", "1"]]),
    [["x-a", "1"]],
    { "x-a": "1", "x-b": undefined },
    { "x-a": ["1"] },
    Object.fromEntries(new Headers({ "x-a": "1" })),
  ];
  for (const headers of inputs) {
    const { request } = new ClientHandshake({ host: "a", target: "/", nonce: new Uint8Array(16), headers });
    expect(Buffer.from(request).toString("latin1")).toMatch(/\r\nx-a: 1\r\n/);
  }
  const { request } = new ClientHandshake({
    host: "a",
    target: "/",
    nonce: new Uint8Array(16),
    headers: { "x-a": ["1", "2"], "x-b": undefined },
  });
  expect(Buffer.from(request).toString("latin1")).toMatch(/\r\nx-a: 1\r\nx-a: 2\r\n\r\n$/);
});
