/** A script from a seed. What an action may be depends on who does it, and on whether its connection is to be gentle. */
import { ILLEGAL_KINDS } from "./frames.ts";
import { Random } from "./random.ts";
import type {
  Action,
  ConnectionScript,
  MessageKind,
  PlaceKind,
  PlaceScript,
  ProgramAction,
  RawAction,
  Script,
  Step,
  Tuning,
} from "./script.ts";

const CONNECTIONS = 30;
const STEPS = 260;

/** ms. A calm side waits longer for the peer's Close than any run takes. */
const CALM = 60_000;

const KINDS: readonly PlaceKind[] = ["tcp", "tcp", "tls", "unix", "upgrade", "upgrade-tls", "streams", "memory"];

export function generate(seed: number): Script {
  const random = new Random(seed);
  const places = Array.from({ length: random.between(4, 6) }, (_, index) => placeOf(random, index > 0 && random.once(3)));
  // Some place has to be there for those that keep the rules.
  if (!places.some(isCalm)) places[0] = { ...places[0]!, tuning: { ...places[0]!.tuning, closeTimeout: CALM } };
  const connections = Array.from({ length: CONNECTIONS }, () => connectionOf(random, places));
  const steps = Array.from({ length: STEPS }, () => stepOf(random, places, connections));
  // Each is begun at some time, most of them early.
  for (let on = 0; on < CONNECTIONS; on++) {
    const at = random.once(4) ? random.below(steps.length) : random.below(40);
    steps.splice(at, 0, { on, by: "client", act: { do: "connect" }, then: gap(random) });
  }
  return { seed, places, connections, steps };
}

export function isCalm({ tuning }: PlaceScript): boolean {
  return tuning.closeTimeout === CALM;
}

function placeOf(random: Random, raw: boolean): PlaceScript {
  let kind = random.pick(KINDS);
  if (raw && (kind === "upgrade" || kind === "upgrade-tls")) kind = "tcp";
  return {
    kind,
    raw,
    fetch: random.once(2),
    tuning: tuningOf(random, random.once(3) ? random.between(200, 500) : CALM),
    ...(kind === "memory" && random.once(2) && { chunk: random.pick([1_000, 4_097, 20_000]), capacity: random.pick([1_000, 65_536]) }),
  };
}

function tuningOf(random: Random, closeTimeout: number): Tuning {
  const style = random.pick(["handlers", "handlers", "iterate", "iterate", "chunks", "pieces"] as const);
  return {
    style,
    closeTimeout,
    handshakeTimeout: closeTimeout === CALM ? CALM : random.between(300, 900),
    ...(random.once(2) && { borrow: true }),
    ...(random.once(4) && { compress: true }),
    ...(random.once(4) && { sendHighWaterMark: random.pick([1, 1_000, 16_384]) }),
    ...(random.once(4) && { receiveHighWaterMark: random.pick([1, 100, 5_000]) }),
  };
}

function connectionOf(random: Random, places: readonly PlaceScript[]): ConnectionScript {
  const place = random.below(places.length);
  const { raw } = places[place]!;
  const gentle = isCalm(places[place]!) && !random.once(3);
  const rawSide = raw === true || random.once(3);
  const opening = gentle
    ? random.pick(["good", "good", "early", "slow"] as const)
    : random.pick(["good", "good", "good", "early", "early", "slow", "behind-requests", "bad", "garbage", "half"] as const);
  const rough = tuningOf(random, random.between(200, 500));
  const client = gentle
    ? { ...rough, closeTimeout: CALM, handshakeTimeout: CALM }
    : random.once(6)
      ? { ...rough, maxBufferedBytes: 100_000 }
      : rough;
  return {
    place,
    opening: rawSide ? opening : "good",
    upgrade: gentle ? random.pick(["now", "now", "later"]) : random.pick(["now", "now", "now", "later", "later", "refuse", "throw"]),
    gentle,
    ...((raw === true || !rawSide) && { client }),
  };
}

function gap(random: Random): Step["then"] {
  return random.weighted<() => Step["then"]>([
    [30, () => "none"],
    [10, () => "microtask"],
    [50, () => "turn"],
    [4, () => random.between(1, 6)],
  ])();
}

function stepOf(random: Random, places: readonly PlaceScript[], connections: readonly ConnectionScript[]): Step {
  const on = random.below(connections.length);
  const then = gap(random);
  if (random.once(40)) return { on, by: "world", act: worldAct(random, places), then };
  const connection = connections[on]!;
  const by = random.once(2) ? "client" : "server";
  const raw = by === "client" ? connection.client === undefined : places[connection.place]!.raw === true;
  const act: Action = raw ? rawAct(random, connection.gentle) : programAct(random, connection.gentle, by === "client");
  return { on, by, act, then };
}

function worldAct(random: Random, places: readonly PlaceScript[]): Action {
  return random.weighted<() => Action>([
    [6, () => ({ do: "broadcast", size: size(random, 70_000) })],
    [3, () => ({ do: "crowd", size: random.between(1, 2_000) })],
    [3, () => ({ do: "stall", ms: random.between(2, 25) })],
    [1, () => ({ do: "jump", ms: random.between(50, 400) })],
    [
      1,
      () => {
        const place = random.below(places.length);
        return {
          do: "closeServer",
          place,
          timeout: isCalm(places[place]!) ? CALM : random.between(50, 300),
          code: random.pick([1001, 1001, 4_321]),
        };
      },
    ],
  ])();
}

function size(random: Random, most = 300_000): number {
  const any = random.weighted<() => number>([
    [3, () => 0],
    [30, () => random.between(1, 125)],
    [3, () => random.between(124, 130)],
    [20, () => random.between(126, 1_000)],
    [18, () => random.between(1_000, 20_000)],
    [4, () => random.between(65_530, 65_540)],
    [5, () => random.between(50_000, 300_000)],
  ])();
  return Math.min(any, most);
}

function kindOf(random: Random): MessageKind {
  return random.pick(["text", "text", "binary", "binary", "binary", "wide"]);
}

function sendAct(random: Random): ProgramAction {
  const as = kindOf(random);
  const way = random.pick(["plain", "plain", "plain", "copy", "view", "prepared"] as const);
  // A flood, now and then.
  if (random.once(10))
    return {
      do: "send",
      as,
      way,
      ...random.pick([
        { size: 20, times: 400 },
        { size: 700, times: 60 },
        { size: 20_000, times: 15 },
      ]),
    };
  return { do: "send", as, way, size: size(random, as === "wide" ? 30_000 : undefined), times: random.between(1, 4) };
}

function streamAct(random: Random, gentle: boolean): ProgramAction {
  // Never so short that it could be taken for another message.
  const pieces = [16 + random.below(100), ...Array.from({ length: random.below(6) }, () => size(random, 40_000))];
  const source = gentle
    ? random.pick(["array", "turns"] as const)
    : random.pick(["array", "array", "turns", "turns", "throws", "hangs"] as const);
  return { do: "sendStream", pieces, as: kindOf(random), source, ...(!gentle && random.once(5) && { abort: true }) };
}

function programAct(random: Random, gentle: boolean, client: boolean): Action {
  const mild: (readonly [number, () => ProgramAction])[] = [
    [30, () => sendAct(random)],
    [8, () => streamAct(random, gentle)],
    [4, () => ({ do: "begin", as: kindOf(random) })],
    [6, () => ({ do: "write", size: size(random, 40_000) })],
    [6, () => ({ do: "end", size: size(random, 40_000) })],
    [2, () => ({ do: "flush" })],
    [3, () => ({ do: "ping", size: random.below(126) })],
    [5, () => ({ do: "stop" })],
    [8, () => ({ do: "go" })],
    [3, () => ({ do: "slow", turns: random.between(1, 5) })],
    [3, () => ({ do: "leave" })],
    [1, () => ({ do: "slip", which: random.pick(["code", "reason", "message", "begin"]) })],
    [8, () => ({ do: "arm", what: { do: "echo" } })],
    [3, () => ({ do: "arm", what: sendAct(random) })],
    [4, () => ({ do: "arm", what: { do: "awaitPong" } })],
  ];
  if (gentle) return random.weighted(mild)();
  const end = (): ProgramAction => ({
    do: "close",
    ...(random.once(4) ? {} : { code: random.pick([1000, 3000, 4999]), reason: "enough" }),
  });
  return random.weighted<() => Action>([
    ...mild,
    [6, end],
    [4, () => ({ do: "abort" })],
    [2, () => ({ do: "arm", what: end() })],
    [2, () => ({ do: "arm", what: { do: "abort" } })],
    [2, () => ({ do: "arm", what: { do: random.pick(["throw", "reject"] as const) } })],
    [client ? 2 : 0, () => ({ do: "giveUp" })],
  ])();
}

function rawAct(random: Random, gentle: boolean): RawAction {
  const message = (): RawAction => {
    const as = kindOf(random);
    const flood = random.once(10)
      ? { size: random.between(1, 300), times: 100 }
      : { size: size(random, as === "wide" ? 30_000 : undefined) };
    return {
      do: "message",
      as,
      fragments: random.pick([1, 1, 1, 2, 3, 9]),
      cuts: flood.times === undefined ? random.pick([0, 0, 1, 3]) : 0,
      ...flood,
    };
  };
  const mild: (readonly [number, () => RawAction])[] = [
    [30, message],
    [5, () => ({ do: "pingFrame", size: random.below(126) })],
    [4, () => ({ do: "stopReading" })],
    [6, () => ({ do: "readOn" })],
  ];
  if (gentle) return random.weighted(mild)();
  return random.weighted<() => RawAction>([
    ...mild,
    [4, () => ({ do: "illegal", which: random.pick(ILLEGAL_KINDS) })],
    [3, () => ({ do: "closeFrame", ...(random.once(3) ? {} : { code: random.pick([1000, 3001]) }) })],
    [2, () => ({ do: "fin" })],
    [2, () => ({ do: "reset" })],
  ])();
}
