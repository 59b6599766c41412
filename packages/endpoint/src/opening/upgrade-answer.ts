/**
 * What a program's `upgrade` answers, read once and in one place. Only an object accepts, and only one whose every field is known: a forgotten
 * `return`, `false`, or `{ statusCode: 401 }` must never open a connection (RFC 6455 §4.2.2 item 2).
 */
import { utf8 } from "@ws/codec";
import type { HeadersInput } from "@ws/protocol/handshake";
import { concatenate } from "@ws/protocol/internal";

import { callGuarded } from "../driver/guarded.ts";
import { isPromiseLike } from "../driver/promise-like.ts";
import type { AnyAnswer, ResponseLike } from "../connection/answer.ts";
import { shown, shownReturn } from "../connection/option-kinds.ts";
import type { Upgrade } from "../connection/options.ts";
import type { AskedRequest } from "./upgrade-request.ts";

export interface Acceptance {
  readonly status: undefined;
  readonly context: unknown;
  readonly subprotocol: string | undefined;
  readonly headers: HeadersInput | undefined;
  /** Still to be checked. */
  readonly handler: unknown;
}

/** Still to be checked by `createRefusal`. */
export interface ProgramRefusal {
  readonly status: number;
  readonly headers: HeadersInput | undefined;
  readonly body: string | Uint8Array | undefined;
}

export type Decision = Acceptance | ProgramRefusal;

export const ACCEPTED: Acceptance = {
  status: undefined,
  context: undefined,
  subprotocol: undefined,
  headers: undefined,
  handler: undefined,
};

/** Asks the program. Throws, or rejects with, whatever it throws, and a TypeError for an answer that is none. */
export function decide(upgrade: Upgrade<AnyAnswer>, request: AskedRequest): Decision | Promise<Decision> {
  const answer: unknown = upgrade(request);
  return isPromiseLike(answer) ? Promise.resolve(answer).then(readAnswer) : readAnswer(answer);
}

/** Its getters may throw, and are read once. */
function readAnswer(answer: unknown): Decision | Promise<Decision> {
  if (typeof answer !== "object" || answer === null) throw new TypeError(`${EXPECTED}, not ${shownReturn(answer)}.`);
  if (isResponse(answer)) return readResponse(answer);
  const keys = Object.keys(answer);
  if (keys.length === 0 && !isPlain(answer)) throw new TypeError(`${EXPECTED}, not ${shownReturn(answer)}.`);
  const { status, headers, body, context, subprotocol, handler } = answer as Record<string, unknown>;
  const allowed = status === undefined ? ACCEPTING : REFUSING;
  const unknown = keys.find((key) => !allowed.includes(key));
  if (unknown !== undefined)
    throw new TypeError(`${EXPECTED}: ${JSON.stringify(unknown)} is none of ${allowed.join(", ")}${hint(unknown, status)}.`);
  if (headers !== undefined && (typeof headers !== "object" || headers === null))
    throw new TypeError(`The \`headers\` of an answer of \`upgrade\` have to be an object or pairs, not ${shown(headers)}.`);
  if (status === undefined) {
    if (subprotocol !== undefined && typeof subprotocol !== "string")
      throw new TypeError(`The \`subprotocol\` of an answer of \`upgrade\` has to be a string, not ${shown(subprotocol)}.`);
    return { status, context, subprotocol, headers: headers as HeadersInput | undefined, handler };
  }
  if (typeof status !== "number")
    throw new TypeError(`The \`status\` of an answer of \`upgrade\` has to be a number, not ${shown(status)}.`);
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array))
    throw new TypeError(`The \`body\` of an answer of \`upgrade\` has to be a string or a Uint8Array, not ${shown(body)}.`);
  return { status, headers: headers as HeadersInput | undefined, body };
}

const EXPECTED =
  "`upgrade` has to answer with an object ({} accepts, { status } refuses), a Response, which refuses, or a promise of one of them";
const ACCEPTING: readonly string[] = ["context", "subprotocol", "headers", "handler", "status"];
const REFUSING: readonly string[] = ["status", "headers", "body"];

function hint(key: string, status: unknown): string {
  if (key === "body") return "; to refuse, give a `status` as well";
  if (/status/i.test(key)) return "; to refuse, call it `status`";
  return status === undefined ? "; what the connection shall know of its user goes into `context`" : "";
}

/** Anything that would accept without a known key has to be an object literal: an Error or an array is a mistake. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

// ---- the web's Response, as frameworks teach to refuse ----

/** Any host's or library's own. */
function isResponse(value: object): value is ResponseLike {
  return typeof (value as { arrayBuffer?: unknown }).arrayBuffer === "function" && "status" in value && "headers" in value;
}

async function readResponse(response: ResponseLike): Promise<ProgramRefusal> {
  const { status, headers } = response;
  if (typeof status !== "number") throw new TypeError(`The status of a Response has to be a number, not ${shown(status)}.`);
  // Whoever writes the response frames it (RFC 9112 §6).
  const own = [...headers].filter(([name]) => !FRAMING.includes(name.toLowerCase()));
  const bytes = await readBody(response);
  // Bun leaves out the Content-Type that the Fetch standard gives a text: as a string it gets one.
  const typed = own.some(([name]) => name.toLowerCase() === "content-type");
  return { status, headers: own, body: (typed ? undefined : utf8.decode(bytes, 0, bytes.length)) ?? bytes };
}

/** A refusal's body is held in memory, and one without an end would never be sent. */
const LONGEST_BODY = 1 << 20;

async function readBody(response: ResponseLike): Promise<Uint8Array> {
  const { body } = response;
  if (typeof body?.getReader !== "function") return new Uint8Array(await response.arrayBuffer());
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  for (let length = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return concatenate(pieces);
    if (!(value instanceof Uint8Array)) throw new TypeError(`The body of a Response has to be bytes, not ${shown(value)}.`);
    length += value.length;
    if (length > LONGEST_BODY) {
      callGuarded(
        () => reader.cancel(),
        () => undefined,
      );
      throw new TypeError(`The body of a Response that refuses is longer than ${LONGEST_BODY} bytes.`);
    }
    pieces.push(value);
  }
}

const FRAMING: readonly string[] = ["connection", "content-length", "transfer-encoding", "keep-alive"];
