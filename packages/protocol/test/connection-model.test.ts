import { Opcode } from "@ws/codec";
import fc from "fast-check";
import { expect, it } from "vitest";

import { EngineEvent, SendResult, type ConnectionEngine, type EngineOptions, type TransformWork } from "../src/index.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { client, server, toHex } from "./connection-support.ts";

/**
 * Two engines, a wire that delivers when and in the chunks it likes, transforms that take as long as they like, and a clock; against a model that
 * knows two things of each side: which messages it has had accepted, in order, and whether it may still send.
 */

type Name = "client" | "server";
const NAMES = ["client", "server"] as const;

function other(name: Name): Name {
  return name === "client" ? "server" : "client";
}

/** What the model knows of one side. */
interface SideModel {
  /** Messages accepted from it, as the peer will see them. */
  accepted: string[];
  /** How many of them the peer has seen. */
  seen: number;
  /** A message sent in fragments, so far. */
  streamed: { kind: "text" | "binary"; content: string } | undefined;
  /** Neither has it closed, nor was it told of an end. */
  open: boolean;
  /** The code of its `close`. */
  closedWith: number | undefined;
  /** What it was told. */
  told: { closing: boolean; failed: boolean; closed: boolean };
  /** Ids of its pings: the latest known, and the latest possible, since keep-alive pings too. */
  pinged: { known: number; possible: number };
  answered: number;
}

interface Model {
  client: SideModel;
  server: SideModel;
  /** Something other than closing handshakes has happened: messages may be lost. */
  disturbed: boolean;
}

class Side {
  readonly engine: ConnectionEngine;
  readonly transform: FakeTransform | undefined;
  /** Written to the transport, which has not taken it. */
  held: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  /** On the way to the other side. */
  wire: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  /** Our Close is a frame; the transport has taken it. */
  closeEncoded = false;
  closeTaken = false;
  ended = false;
  endSeen = false;
  readonly works: TransformWork[] = [];

  constructor(engine: ConnectionEngine, transform: FakeTransform | undefined) {
    this.engine = engine;
    this.transform = transform;
  }
}

interface Real {
  client: Side;
  server: Side;
  now: number;
}

function newSideModel(): SideModel {
  const told = { closing: false, failed: false, closed: false };
  return {
    accepted: [],
    seen: 0,
    streamed: undefined,
    open: true,
    closedWith: undefined,
    told,
    pinged: { known: 0, possible: 0 },
    answered: 0,
  };
}

/** What the driver does after each call. */
function settle(model: Model, real: Real, name: Name, polls = Infinity): void {
  const side = real[name];
  const { engine } = side;
  for (let i = 0; i < polls; i++) {
    const event = engine.poll();
    if (event === EngineEvent.NONE) break;
    checkEvent(model, side, name, event);
  }
  const pending = engine.pendingBytes;
  const pieces = engine.takeOutput();
  expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBeGreaterThanOrEqual(pending);
  if (engine.wantsDestroy) {
    destroy(real, name);
  } else {
    side.held = Buffer.concat([side.held, ...pieces]);
    if (engine.wantsEnd) side.ended = true;
  }
  checkState(model, side, name);
}

/** Both directions are gone, and so is what was on the way. */
function destroy(real: Real, name: Name): void {
  for (const side of [real[name], real[other(name)]]) {
    side.wire = side.held = new Uint8Array(0);
    side.ended = side.endSeen = true;
  }
  const { engine } = real[other(name)];
  if (!engine.wantsDestroy) engine.transportLost("reset");
}

function checkEvent(model: Model, side: Side, name: Name, event: EngineEvent): void {
  const { engine } = side;
  const own = model[name];
  const peer = model[other(name)];
  expect(own.told.closed).toBe(false);
  switch (event) {
    case EngineEvent.TEXT:
    case EngineEvent.BINARY:
      expect([own.told.closing, own.told.failed]).toEqual([false, false]);
      expect(event === EngineEvent.TEXT ? `text ${engine.text}` : `binary ${toHex(engine.payload)}`).toBe(peer.accepted[peer.seen]);
      peer.seen++;
      break;
    case EngineEvent.PING:
      break;
    case EngineEvent.PONG:
      expect(engine.answeredPing).toBeGreaterThan(own.answered);
      expect(engine.answeredPing).toBeLessThanOrEqual(own.pinged.possible);
      own.answered = engine.answeredPing;
      break;
    case EngineEvent.CLOSING:
      // §5.5.1: Close is last, so everything accepted has come before it.
      expect(peer.seen).toBe(peer.accepted.length);
      expect(own.told.closing).toBe(false);
      expect([peer.closedWith, own.closedWith]).toContain(engine.closeCode);
      own.told.closing = true;
      own.open = false;
      break;
    case EngineEvent.WORK: {
      const work = engine.work!;
      side.works.push(work);
      const open = side.works.filter((one) => one.direction === work.direction);
      expect(open).toHaveLength(1);
      break;
    }
    case EngineEvent.FAILED:
      // Nobody breaks a rule here; only time does.
      expect(engine.error!.code).toBe("KEEP_ALIVE_TIMEOUT");
      expect(model.disturbed).toBe(true);
      own.told.failed = true;
      own.open = false;
      break;
    case EngineEvent.CLOSED: {
      const { code, wasClean, error } = engine.closed!;
      expect(wasClean).toBe(error === undefined);
      if (!own.told.closing) expect(code).toBe(1006);
      if (!own.told.failed) expect(wasClean).toBe(own.told.closing && side.closeTaken);
      if (!wasClean) expect(model.disturbed).toBe(true);
      own.told.closed = true;
      own.open = false;
      break;
    }
    default:
      expect.unreachable();
  }
}

function checkState(model: Model, side: Side, name: Name): void {
  const { state } = side.engine;
  if (model[name].told.closed) expect(state).toBe("closed");
  if (state === "open") expect(model[name].open).toBe(true);
  expect(side.engine.waitingBytes === 0 || side.transform !== undefined).toBe(true);
}

/** `open` of the model is exactly what sending answers, unless the engine has ended and not been asked yet. */
function expectResult(model: Model, real: Real, name: Name, result: SendResult): boolean {
  const expected = model[name].open && real[name].engine.state === "open";
  expect(result).toBe(expected ? SendResult.READY : SendResult.CLOSING);
  return expected;
}

type Step = fc.Command<Model, Real>;

class Send implements Step {
  readonly name: Name;
  readonly message: string | Uint8Array;
  constructor(name: Name, message: string | Uint8Array) {
    this.name = name;
    this.message = message;
  }
  check(model: Model): boolean {
    return model[this.name].streamed === undefined;
  }
  run(model: Model, real: Real): void {
    const { name, message } = this;
    const { engine } = real[name];
    const result = typeof message === "string" ? engine.sendText(message) : engine.sendBinary(message, true);
    if (expectResult(model, real, name, result)) {
      model[name].accepted.push(typeof message === "string" ? `text ${message}` : `binary ${toHex(message)}`);
    }
    settle(model, real, name);
  }
  toString(): string {
    return `${this.name} sends ${JSON.stringify(this.message)}`;
  }
}

class SendFragment implements Step {
  readonly name: Name;
  readonly kind: "text" | "binary";
  readonly content: string;
  readonly last: boolean;
  constructor(name: Name, kind: "text" | "binary", content: string, last: boolean) {
    this.name = name;
    this.kind = kind;
    this.content = content;
    this.last = last;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const { name, content, last } = this;
    const own = model[name];
    const { engine } = real[name];
    if (own.streamed === undefined) {
      const begun = engine.beginMessage(this.kind === "text" ? Opcode.TEXT : Opcode.BINARY);
      if (!expectResult(model, real, name, begun)) return;
      own.streamed = { kind: this.kind, content: "" };
    }
    const { streamed } = own;
    const chunk = streamed.kind === "text" ? content : new TextEncoder().encode(content);
    if (expectResult(model, real, name, engine.sendChunk(chunk, last))) {
      streamed.content += content;
      if (last)
        own.accepted.push(
          streamed.kind === "text" ? `text ${streamed.content}` : `binary ${toHex(new TextEncoder().encode(streamed.content))}`,
        );
      if (last) own.streamed = undefined;
    } else {
      own.streamed = undefined;
    }
    settle(model, real, name);
  }
  toString(): string {
    return `${this.name} sends a ${this.last ? "last " : ""}fragment ${JSON.stringify(this.content)}`;
  }
}

class SendPing implements Step {
  readonly name: Name;
  constructor(name: Name) {
    this.name = name;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const id = real[this.name].engine.ping();
    const { pinged } = model[this.name];
    if (id !== 0) {
      expect(id).toBeGreaterThan(pinged.known);
      expect(id).toBeLessThanOrEqual(pinged.possible + 1);
      pinged.known = pinged.possible = id;
    }
    settle(model, real, this.name);
  }
  toString(): string {
    return `${this.name} pings`;
  }
}

class SendClose implements Step {
  readonly name: Name;
  readonly code: number;
  constructor(name: Name, code: number) {
    this.name = name;
    this.code = code;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const own = model[this.name];
    if (own.open) own.closedWith ??= this.code;
    own.open = false;
    real[this.name].engine.close(this.code);
    settle(model, real, this.name);
  }
  toString(): string {
    return `${this.name} closes with ${this.code}`;
  }
}

/** Some of the bytes on the way arrive, and some of the events are pulled. */
class Deliver implements Step {
  readonly to: Name;
  readonly bytes: number;
  readonly polls: number;
  constructor(to: Name, bytes: number, polls: number) {
    this.to = to;
    this.bytes = bytes;
    this.polls = polls;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const from = real[other(this.to)];
    const to = real[this.to];
    const chunk = from.wire.slice(0, this.bytes);
    from.wire = from.wire.subarray(this.bytes);
    if (chunk.length > 0) to.engine.receive(chunk);
    if (from.wire.length + from.held.length === 0 && from.ended && !from.endSeen) {
      from.endSeen = true;
      to.engine.receiveEnd();
    }
    settle(model, real, this.to, this.polls);
  }
  toString(): string {
    return `${this.to} receives ${this.bytes} bytes and polls ${this.polls} times`;
  }
}

/** The transport takes everything it was given. */
class Take implements Step {
  readonly name: Name;
  constructor(name: Name) {
    this.name = name;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const side = real[this.name];
    side.wire = Buffer.concat([side.wire, side.held]);
    side.held = new Uint8Array(0);
    if (!side.engine.wantsDestroy) {
      side.closeTaken = side.closeEncoded && side.engine.pendingBytes === 0;
      side.engine.outputTaken();
    }
    settle(model, real, this.name);
  }
  toString(): string {
    return `${this.name}'s transport takes everything`;
  }
}

class FinishWork implements Step {
  readonly name: Name;
  constructor(name: Name) {
    this.name = name;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const side = real[this.name];
    const work = side.works.shift();
    if (work === undefined) return;
    side.engine.completeWork(work.id, side.transform!.finish(work));
    settle(model, real, this.name);
  }
  toString(): string {
    return `${this.name}'s transform is done`;
  }
}

class PassTime implements Step {
  readonly milliseconds: number;
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    real.now += this.milliseconds;
    for (const name of NAMES) {
      const { engine } = real[name];
      engine.now = real.now;
      if (engine.nextDeadline > real.now) continue;
      const goneBefore = engine.wantsDestroy;
      engine.handleTimeout(real.now);
      if (engine.wantsDestroy && !goneBefore) model.disturbed = true;
      model[name].pinged.possible++;
      settle(model, real, name);
    }
    for (const name of NAMES) settle(model, real, name);
  }
  toString(): string {
    return `${this.milliseconds} ms pass`;
  }
}

class Break implements Step {
  readonly name: Name;
  readonly how: "abort" | "loss";
  constructor(name: Name, how: "abort" | "loss") {
    this.name = name;
    this.how = how;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    model.disturbed = true;
    const { engine } = real[this.name];
    if (this.how === "abort") engine.abort();
    else engine.transportLost();
    destroy(real, this.name);
    for (const name of NAMES) settle(model, real, name);
  }
  toString(): string {
    return `${this.name}: ${this.how}`;
  }
}

/** Whatever has happened: when everything is delivered, both sides are closed and, undisturbed, nothing accepted is missing. */
function finish(model: Model, real: Real): void {
  const deliverAll = (): void => {
    for (let quiet = 0; quiet < 3; quiet++) {
      for (const name of NAMES) {
        while (real[name].works.length > 0) new FinishWork(name).run(model, real);
        new Take(name).run(model, real);
        if (real[name].wire.length > 0) quiet = 0;
        new Deliver(other(name), Infinity, Infinity).run(model, real);
      }
    }
  };
  deliverAll();
  new SendClose("client", 1000).run(model, real);
  deliverAll();
  for (const name of NAMES) {
    expect(model[name].told.closed).toBe(true);
    expect(real[name].engine.closed!.wasClean || model.disturbed).toBe(true);
    if (!model.disturbed) expect(model[name].seen).toBe(model[name].accepted.length);
    expect(real[name].works).toEqual([]);
    expect(real[name].engine.pendingBytes + real[name].engine.waitingBytes).toBe(0);
    if (real[name].transform !== undefined) expect(real[name].transform.closed).toBe(1);
  }
}

const anyName = fc.constantFrom(...NAMES);
const anyText = fc.string({ unit: "grapheme", maxLength: 20 });

const ordinary = [
  fc.tuple(anyName, fc.oneof(anyText, fc.uint8Array({ maxLength: 200 }))).map(([name, message]) => new Send(name, message)),
  fc.tuple(anyName, fc.constantFrom("text" as const, "binary" as const), anyText, fc.boolean()).map((all) => new SendFragment(...all)),
  anyName.map((name) => new SendPing(name)),
  fc
    .tuple(anyName, fc.oneof({ weight: 3, arbitrary: fc.nat(12) }, fc.constant(Infinity)), fc.oneof(fc.nat(3), fc.constant(Infinity)))
    .map((all) => new Deliver(...all)),
  anyName.map((name) => new Take(name)),
  anyName.map((name) => new Take(name)),
  anyName.map((name) => new FinishWork(name)),
  anyName.map((name) => new FinishWork(name)),
];
const closing = [fc.tuple(anyName, fc.constantFrom(1000, 1001, 3000, 4999)).map((all) => new SendClose(...all))];
const disturbing = [
  fc.constantFrom(1, 50, 1000).map((milliseconds) => new PassTime(milliseconds)),
  fc.tuple(anyName, fc.constantFrom("abort" as const, "loss" as const)).map((all) => new Break(...all)),
];

const RUNS = Number(process.env["FAST_CHECK_RUNS"] ?? 300);

function pairOf(delays: readonly boolean[] | undefined, options: Partial<EngineOptions>): Real {
  const sides = NAMES.map((name) => {
    let asked = 0;
    const transform = delays && new FakeTransform(() => delays.length === 0 || delays[asked++ % delays.length]!, 2);
    const engine = (name === "client" ? client : server)({
      ...options,
      transform,
      onHeader: (header, direction) => {
        if (direction === "sent" && header.opcode === Opcode.CLOSE) side.closeEncoded = true;
      },
    });
    const side = new Side(engine, transform);
    return side;
  });
  return { client: sides[0]!, server: sides[1]!, now: 0 };
}

function check(steps: fc.Arbitrary<Step>[], options: Partial<EngineOptions>, delays: fc.Arbitrary<boolean[] | undefined>): void {
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 80, size: "max" }), delays, (commands, delayed) => {
      const model: Model = { client: newSideModel(), server: newSideModel(), disturbed: false };
      const real = pairOf(delayed, options);
      fc.modelRun(() => ({ model, real }), commands);
      finish(model, real);
    }),
    { numRuns: RUNS },
  );
}

const noKeepAlive = { keepAlive: false } as const;
const anyDelays = fc.oneof(fc.constant(undefined), fc.array(fc.boolean(), { maxLength: 8 }));

it("a conversation without an end is delivered whole and in order", () => {
  check(ordinary, noKeepAlive, anyDelays);
});

it("§5.5.1, §7.1 closing handshakes at any moment are clean, and nothing accepted before them is lost", () => {
  check([...ordinary, ...ordinary, ...closing], noKeepAlive, anyDelays);
});

it("whatever breaks and however long it takes, both sides come to one documented end", () => {
  check([...ordinary, ...ordinary, ...closing, ...disturbing], { keepAlive: { interval: 60, timeout: 30 }, closeTimeout: 100 }, anyDelays);
});
