// What the guided run feeds, and what has to hold. Of an input, the first byte says what takes it, the second with which options, the third where it is
// cut and what a program says meanwhile; the rest is what the peer sends.
//
// Whatever comes: nothing is thrown, a failure is a documented one, what is written are lawful frames, and chunks make no difference (packages/codec/test/chunking.ts).

import { readFileSync } from "node:fs";

import { FrameDecoder, FrameEvent, Opcode } from "@ws/codec";
import { DeflateContexts } from "@ws/protocol/deflate";
import { DeflateTransform } from "@ws/protocol/internal";
import { createPakoZlib } from "@ws/protocol/pako";

import { sameInAnyChunks, type Receiver } from "../../../codec/test/chunking.ts";
import { ConnectionEngine, EngineEvent, prepareMessage, SendArena, type EngineOptions } from "../../src/index.ts";
import { FakeTransform } from "../connection-fake-transform.ts";
import { ofClientHandshake, ofEngine, ofServerHandshake } from "../receivers.ts";

const HEADER = 3;
const documentation = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");

/** Small, so that inputs of a few hundred bytes reach them. */
const LIMITS = { maxMessageBytes: 200, maxFrameBytes: 100, maxFragments: 3, maxBufferedBytes: 2_000, maxPendingPings: 2 };
const HEAD_LIMITS = { maxHeadBytes: 250, maxHeaders: 6 };

type Open = () => Receiver<unknown>;

/** By the first byte. */
const TARGETS: readonly ((options: number, program: number) => Open)[] = [
  (options, program) => engine("server", options, program),
  (options, program) => engine("client", options, program),
  serverHandshake,
  clientHandshake,
];

/** @throws when something does not hold */
export function execute(input: Uint8Array): void {
  if (input.length < HEADER) return;
  const [target, options, variation] = input as unknown as [number, number, number];
  const open = TARGETS[target % TARGETS.length]!(options, variation);
  const bytes = input.subarray(HEADER);
  let failure: string | undefined;
  const watched = (): Receiver<unknown> => {
    const receiver = open();
    return {
      receive: (chunk) => receiver.receive(chunk),
      get failure() {
        return (failure = receiver.failure);
      },
      finish: () => receiver.finish(),
    };
  };
  sameInAnyChunks(bytes, watched, [variation, variation * 3, variation * 7]);
  if (failure !== undefined && !documentation.includes(`### ${failure}\n`)) throw new Error(`${failure} is not in docs/errors.md`);
}

/** Options, a bit each. */
const STREAMING = 1;
const BORROW = 2;
const LIMITED = 4;
const ANSWERS = 8;
const LENIENT = 16;
/** And two bits. */
const TRANSFORM_SHIFT = 5;

function engine(role: "server" | "client", options: number, program: number): Open {
  return () => {
    const way = (options >> TRANSFORM_SHIFT) & 3;
    const fake = way === 1 || way === 2 ? new FakeTransform(() => way === 1, 5) : undefined;
    let key = 0;
    const all: EngineOptions = {
      role,
      now: 0,
      randomUint32: () => (key = (key + 0x01020304) >>> 0),
      streaming: (options & STREAMING) !== 0,
      borrow: (options & BORROW) !== 0,
      limits: (options & LIMITED) !== 0 ? LIMITS : { maxMessageBytes: 5_000 },
      lenient: { nonMinimalLengths: (options & LENIENT) !== 0 },
      arena,
      transform: fake ?? (way === 3 ? deflate(program) : undefined),
    };
    let events = 0;
    const answer = (own: ConnectionEngine, event: EngineEvent): void => ACTIONS[(program + events++) % ACTIONS.length]!(own, event);
    const answers = (options & ANSWERS) !== 0;
    const receiver = ofEngine(new ConnectionEngine(all), {
      finishWork: (work) => fake!.finish(work),
      finishLate: !answers,
      program: answers ? answer : undefined,
    });
    return {
      receive: (chunk) => receiver.receive(chunk),
      get failure() {
        return receiver.failure;
      },
      finish() {
        const outcome = receiver.finish();
        checkOutput(role === "server" ? "client" : "server", Uint8Array.from(Buffer.from(outcome.output.replaceAll(" ", ""), "hex")));
        return outcome;
      },
    };
  };
}

const prepared = prepareMessage("prepared, prepared");

/** What was written are whole frames that its receiver must take (§5), and none is behind a Close (§5.5.1). */
function checkOutput(receiver: "client" | "server", output: Uint8Array): void {
  const decoder = new FrameDecoder({ role: receiver, rsv: 4 });
  decoder.receive(output);
  let closed = false;
  let open = false;
  for (let event = decoder.poll(); event !== FrameEvent.NONE; event = decoder.poll()) {
    if (event === FrameEvent.FAILED) throw new Error(`The output is refused: ${decoder.error!.code}`);
    if (event === FrameEvent.HEADER && closed) throw new Error("Something is written behind a Close.");
    if (event === FrameEvent.HEADER) closed = decoder.header.opcode === Opcode.CLOSE;
    open = !decoder.last;
  }
  if (open) throw new Error("The output ends inside a frame.");
}

/** What a program does at an event. Not the loss of the transport: what was received before is delivered still, and that is a matter of chunks. */
const ACTIONS: readonly ((engine: ConnectionEngine, event: EngineEvent) => void)[] = [
  (own) => void own.sendText("text, text, text"),
  (own, event) => void own.sendBinary(event === EngineEvent.BINARY ? own.payload : Uint8Array.of(1), true),
  (own) => void own.ping(),
  (own) => void own.pong(Uint8Array.of(2)),
  (own) => {
    own.beginMessage(Opcode.TEXT);
    own.sendChunk("\ud83d", false);
    own.sendChunk("\ude00 streamed", true);
  },
  (own) => own.handleTimeout((own.now += 20_000)),
  (own) => own.retain(),
  () => undefined,
  (own, event) => event === EngineEvent.PONG && own.close(4000, "enough"),
  (own, event) => event === EngineEvent.PING && own.abort(),
  (own) => void own.sendPrepared(prepared),
  (own, event) => event === EngineEvent.BINARY && own.fail("BUFFER_OVERFLOW"),
];

/** As the connections of one driver share it. */
const arena = new SendArena();
const zlib = createPakoZlib();

function deflate(variation: number): DeflateTransform {
  const parameters = { noContextTakeover: (variation & 1) !== 0, maxWindowBits: (variation & 2) !== 0 ? 9 : 15 };
  const settings = { level: 1, memLevel: 1, windowBits: 15, history: 0, threshold: 10 };
  return new DeflateTransform(new DeflateContexts(zlib), settings, parameters, parameters);
}

const ORIGINS = [undefined, "any", ["http://h", "chrome-extension://x", "https://[::1]:8443"], () => false] as const;

function serverHandshake(options: number): Open {
  const lenient = (options & LENIENT) !== 0 ? { leadingEmptyLines: true, strayKeyBits: true, emptyHandshakeFields: true } : {};
  const judging = {
    lenient,
    subprotocols: (options & STREAMING) !== 0 ? ["chat", "b"] : undefined,
    allowedOrigins: ORIGINS[(options >> TRANSFORM_SHIFT) & 3],
  };
  return () => ofServerHandshake(judging, { ...((options & LIMITED) !== 0 && HEAD_LIMITS), lenient });
}

function clientHandshake(options: number): Open {
  const offering = (options & STREAMING) !== 0 ? { subprotocols: ["chat", "b"], extensions: "foo; a=1, bar" } : {};
  const asked = {
    host: "h",
    target: "/",
    nonce: new Uint8Array(16),
    lenient: (options & LENIENT) !== 0 ? { missingReasonSpace: true, emptyHandshakeFields: true } : {},
    limits: (options & LIMITED) !== 0 ? HEAD_LIMITS : {},
    ...offering,
  };
  return () => ofClientHandshake(asked, (options & BORROW) !== 0);
}
