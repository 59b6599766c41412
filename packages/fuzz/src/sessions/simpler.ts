/** Everything one step simpler than a session: fewer steps, fewer cuts, fewer differences from the default handshake, simpler steps. */
import { concatBytes } from "../wire/bytes.ts";
import {
  DEFAULT_REQUEST,
  DEFAULT_RESPONSE,
  type Headers,
  type RequestSpec,
  type ResponseSpec,
  type Session,
  type Step,
} from "./session.ts";
import { omit, shorter, simplerFrames } from "./simpler-frames.ts";

/** The boldest first. */
export function* simpler(session: Session): Generator<Session> {
  for (const steps of fewerSteps(session.steps)) yield { ...session, steps };
  yield* simplerCuts(session);
  if (session.early === true) yield omit(session, "early");
  if (session.extensions !== undefined) {
    yield omit(session, "extensions");
    for (const extensions of simplerExtensions(session.extensions)) yield { ...session, extensions };
  }
  if (session.subprotocols !== undefined) yield omit(session, "subprotocols");
  if (session.request !== undefined) {
    yield omit(session, "request");
    for (const request of simplerRequests(session.request)) yield { ...session, request };
  }
  if (session.response !== undefined) {
    yield omit(session, "response");
    for (const response of simplerResponses(session.response)) yield { ...session, response };
  }
  for (const steps of joinedFragments(session.steps)) yield { ...session, steps };
  for (const [index, step] of session.steps.entries())
    for (const each of simplerSteps(step)) yield { ...session, steps: replaced(session.steps, index, each) };
}

function replaced<Item>(items: readonly Item[], index: number, item: Item): Item[] {
  return items.map((each, other) => (other === index ? item : each));
}
function without<Item>(items: readonly Item[], index: number): Item[] {
  return items.filter((_, other) => other !== index);
}

/** Whole runs of steps go. */
function* fewerSteps(steps: readonly Step[]): Generator<Step[]> {
  for (let size = steps.length; size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < steps.length; at += size) yield [...steps.slice(0, at), ...steps.slice(at + size)];
}

function* simplerCuts(session: Session): Generator<Session> {
  const { cuts, gap } = session;
  if (cuts !== undefined) {
    yield omit(session, "cuts", "gap", "cutHandshake");
    if (gap !== undefined && gap > 0) yield omit(session, "gap");
    if (typeof cuts === "number") yield { ...session, cuts: [cuts] };
    else {
      for (const index of cuts.keys()) yield { ...session, cuts: without(cuts, index) };
      for (const [index, cut] of cuts.entries())
        for (const lower of [1, Math.floor(cut / 2), cut - 1])
          if (lower > 0 && lower < cut) yield { ...session, cuts: replaced(cuts, index, lower) };
    }
  }
  if (gap === 0) yield omit(session, "gap");
}

/** Elements go; of a single element, its parameters. */
function* simplerExtensions(extensions: string): Generator<string> {
  const items = extensions.split(",");
  if (items.length > 1) for (const index of items.keys()) yield without(items, index).join(",").trim();
  const parts = extensions.split(";");
  if (items.length === 1) for (let index = 1; index < parts.length; index++) yield without(parts, index).join(";").trim();
}

function* simplerRequests(request: RequestSpec): Generator<RequestSpec> {
  if (request.method !== "GET" && request.method !== "") yield { ...request, method: "GET" };
  if (request.version !== "HTTP/1.1") yield { ...request, version: "HTTP/1.1" };
  if (!["HTTP/1.1", "HTTP/1.0"].includes(request.version)) yield { ...request, version: "HTTP/1.0" };
  for (const headers of simplerHeaders(request.headers, DEFAULT_REQUEST.headers)) yield { ...request, headers };
}

function* simplerResponses(response: ResponseSpec): Generator<ResponseSpec> {
  if (response.status !== 101) yield { ...response, status: 101 };
  if (response.reason !== DEFAULT_RESPONSE.reason) yield { ...response, reason: DEFAULT_RESPONSE.reason };
  for (const headers of simplerHeaders(response.headers, DEFAULT_RESPONSE.headers)) yield { ...response, headers };
}

/** Nearer to `base`: fields that it has not got go, its own come back, in its order. */
function* simplerHeaders(headers: Headers, base: Headers): Generator<Headers> {
  const names = new Set(base.map(([name]) => name.toLowerCase()));
  const seen = new Set<string>();
  for (const [index, [field]] of headers.entries()) {
    const name = field.toLowerCase();
    if (!names.has(name.trim()) || seen.has(name)) yield without(headers, index);
    seen.add(name);
  }
  const placeIn = (all: Headers, name: string): number => all.findIndex(([other]) => other.toLowerCase() === name.toLowerCase());
  for (const field of base) {
    const index = placeIn(headers, field[0]);
    const there = headers[index];
    if (there === undefined) yield [...headers, field];
    else yield* simplerField(there, field).map((each) => replaced(headers, index, each));
  }
  const order = (name: string): number => (placeIn(base, name) < 0 ? base.length : placeIn(base, name));
  const sorted = [...headers].sort(([a], [b]) => order(a) - order(b));
  if (sorted.some((each, index) => each !== headers[index])) yield sorted;
}

function simplerField([name, value]: Headers[number], [usualName, usualValue]: Headers[number]): Headers[number][] {
  if (name === usualName && value === usualValue) return [];
  return [
    [usualName, usualValue],
    ...(name === usualName ? [] : [[usualName, value] as const]),
    ...(value === value.trim() ? [] : [[name, value.trim()] as const]),
  ];
}

/** Two fragments become one frame. */
function* joinedFragments(steps: readonly Step[]): Generator<Step[]> {
  for (let index = 0; index + 1 < steps.length; index++) {
    const [first, second] = [steps[index]!, steps[index + 1]!];
    if (first.kind !== "frame" || second.kind !== "frame") continue;
    if (first.fin || second.opcode !== 0 || first.opcode >= 8 || first.times !== undefined || second.times !== undefined) continue;
    const joined = { ...first, fin: second.fin, payload: concatBytes([first.payload, second.payload]) };
    yield [...steps.slice(0, index), joined, ...steps.slice(index + 2)];
  }
}

function* simplerSteps(step: Step): Generator<Step> {
  if (step.kind === "frame") yield* simplerFrames(step);
  else if (step.kind === "pause" && step.ms > 1) yield { kind: "pause", ms: Math.floor(step.ms / 2) };
  else if (step.kind === "bytes") {
    const { bytes } = step;
    const lengths = shorter(bytes.length).filter((length) => length > 0);
    for (const length of lengths) yield { kind: "bytes", bytes: bytes.slice(0, length) };
    for (const length of lengths) yield { kind: "bytes", bytes: bytes.slice(-length) };
    for (let at = 0; at < Math.min(bytes.length, 64); at++) if (bytes[at] !== 0) yield { kind: "bytes", bytes: bytes.with(at, 0) };
  }
}
