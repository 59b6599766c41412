/**
 * A session is everything the fuzzer does on one connection, as data: it can be written to a file, replayed, shrunk and judged.
 * It does not say which role the fuzzer plays: frames are masked as that role must, unless the step says otherwise.
 */
import { concatBytes, latin1 } from "../wire/bytes.ts";
import { writeFrame, type LengthForm } from "../wire/frame.ts";

/** Whom the fuzzer tests: a "server" is spoken to by a client, and the other way round. */
export type TargetRole = "server" | "client";

export interface FrameStep {
  readonly kind: "frame";
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly maskingKey: number;
  /** Masked where it must not be, unmasked where it must be (§5.1). */
  readonly wrongMask?: boolean | undefined;
  readonly lengthForm?: LengthForm | undefined;
  readonly declaredLength?: bigint | undefined;
  /** Sent so many times in a row. */
  readonly times?: number | undefined;
}

export type Step =
  | FrameStep
  /** Bytes as they are. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "pause"; readonly ms: number }
  /** Wait until everything that is due has come back. */
  | { readonly kind: "await" }
  /** Half-close: no more bytes from here. */
  | { readonly kind: "end" }
  /** Tear the TCP connection down with RST. */
  | { readonly kind: "reset" };

export type Headers = readonly (readonly [name: string, value: string])[];

/** A client's opening handshake. `{host}`, `{target}` and `{key}` are filled in when it is sent. */
export interface RequestSpec {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: Headers;
  /** Sent behind the empty line, or instead of all lines when `raw` is true. */
  readonly raw?: string | undefined;
}

/** A server's opening handshake. `{accept}` is filled in; `{wrong-accept}` is another connection's. */
export interface ResponseSpec {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
}

export interface Session {
  readonly steps: readonly Step[];
  /** Value of Sec-WebSocket-Extensions in the default request (towards a server), or of the default response (towards a client). */
  readonly extensions?: string | undefined;
  readonly subprotocols?: string | undefined;
  readonly request?: RequestSpec | undefined;
  readonly response?: ResponseSpec | undefined;
  /** Bytes per TCP write: undefined as few as possible, a number every n bytes, a list the offsets of the cuts. */
  readonly cuts?: number | readonly number[] | undefined;
  /** Cut the opening handshake too. Offsets then count from its first byte. */
  readonly cutHandshake?: boolean | undefined;
  /** Milliseconds between two writes made by `cuts`. */
  readonly gap?: number | undefined;
  /** Do not wait for the handshake: the first steps follow in the same write. */
  readonly early?: boolean | undefined;
}

/** The key that the steps of shrunk sessions use; any is legal (§5.3 asks for unpredictable ones, but from a real client). */
const PLAIN_KEY = 0;

export function frameStep(
  opcode: number,
  payload: Uint8Array | string = "",
  extra: Partial<Omit<FrameStep, "kind" | "opcode" | "payload">> = {},
): FrameStep {
  return {
    kind: "frame",
    fin: true,
    rsv: 0,
    opcode,
    payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
    maskingKey: PLAIN_KEY,
    ...extra,
  };
}

export function closePayload(code?: number, reason: Uint8Array | string = ""): Uint8Array {
  if (code === undefined) return new Uint8Array(0);
  return concatBytes([
    Uint8Array.of((code >> 8) & 0xff, code & 0xff),
    typeof reason === "string" ? new TextEncoder().encode(reason) : reason,
  ]);
}

/** A frame step as the bytes that the tester of such a target sends. */
export function stepBytes(step: Step, target: TargetRole): Uint8Array {
  if (step.kind === "bytes") return step.bytes;
  if (step.kind !== "frame") return new Uint8Array(0);
  const masked = (target === "server") !== (step.wrongMask === true);
  const one = writeFrame({ ...step, maskingKey: masked ? step.maskingKey : undefined });
  if (step.times === undefined || step.times === 1) return one;
  const whole = new Uint8Array(one.length * step.times);
  for (let index = 0; index < step.times; index++) whole.set(one, index * one.length);
  return whole;
}

export const DEFAULT_REQUEST: RequestSpec = {
  method: "GET",
  target: "{target}",
  version: "HTTP/1.1",
  headers: [
    ["Host", "{host}"],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", "{key}"],
    ["Sec-WebSocket-Version", "13"],
  ],
};

export const DEFAULT_RESPONSE: ResponseSpec = {
  version: "HTTP/1.1",
  status: 101,
  reason: "Switching Protocols",
  headers: [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", "{accept}"],
  ],
};

/** The request this session makes, before anything is filled in. */
export function requestOf(session: Session, extra: Headers = []): RequestSpec {
  const base = session.request ?? DEFAULT_REQUEST;
  const headers = [...base.headers, ...extra];
  if (session.extensions !== undefined) headers.push(["Sec-WebSocket-Extensions", session.extensions]);
  if (session.subprotocols !== undefined) headers.push(["Sec-WebSocket-Protocol", session.subprotocols]);
  return { ...base, headers };
}

/** The response this session gives, before anything is filled in. */
export function responseOf(session: Session): ResponseSpec {
  const base = session.response ?? DEFAULT_RESPONSE;
  const headers = [...base.headers];
  if (session.extensions !== undefined) headers.push(["Sec-WebSocket-Extensions", session.extensions]);
  if (session.subprotocols !== undefined) headers.push(["Sec-WebSocket-Protocol", session.subprotocols]);
  return { ...base, headers };
}

function filled(value: string, values: Readonly<Record<string, string>>): string {
  return value.replace(/\{([a-z-]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

export function requestBytes(request: RequestSpec, values: Readonly<Record<string, string>>): Uint8Array {
  if (request.raw !== undefined && request.method === "") return latin1(filled(request.raw, values));
  const lines = [`${request.method} ${request.target} ${request.version}`, ...request.headers.map(([name, value]) => `${name}: ${value}`)];
  return latin1(filled(`${lines.join("\r\n")}\r\n\r\n`, values) + (request.raw ?? ""));
}

export function responseBytes(response: ResponseSpec, values: Readonly<Record<string, string>>): Uint8Array {
  const lines = [
    `${response.version} ${response.status} ${response.reason}`,
    ...response.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return latin1(filled(`${lines.join("\r\n")}\r\n\r\n`, values));
}

/** Where to cut `length` bytes. */
export function cutOffsets(cuts: Session["cuts"], length: number): number[] {
  if (cuts === undefined) return [];
  const offsets: number[] = [];
  if (typeof cuts === "number") {
    for (let at = cuts; at < length; at += cuts) offsets.push(at);
    return offsets;
  }
  for (const at of [...cuts].sort((a, b) => a - b)) if (at > 0 && at < length && at !== offsets[offsets.length - 1]) offsets.push(at);
  return offsets;
}
