/** Plays a script in this runtime, and says what was wrong. */
import { delay, eventually, nextTurn, within } from "./own-time.ts";
import type { Setting } from "./places.ts";
import { ProgramEnd } from "./program-end.ts";
import { RawEnd } from "./raw-end.ts";
import type { Fault, Script } from "./script.ts";
import { judge, listed } from "./verdict.ts";
import { allowedSockets, openSockets, timersLeft } from "./watch.ts";
import { type Pair, World } from "./world.ts";

/** ms. What takes longer is taken for never: far more than a busy machine needs, and waited for only where something is wrong. */
export const NEVER = 15_000;
/** ms. How long those that broke the rules are left to themselves. */
const GRACE = 300;

export interface Outcome {
  readonly faults: Fault[];
  readonly connections: readonly Kept[];
  /** That arrived. */
  readonly messages: number;
}

export async function play(script: Script, setting: Setting, never: number = NEVER): Promise<Outcome> {
  const sockets = allowedSockets();
  const timers = timersLeft().length;
  const world = new World(script, setting);
  await world.open();
  for (const step of script.steps) {
    world.do(step);
    if (step.then === "none") continue;
    world.look();
    if (step.then === "microtask") await Promise.resolve();
    else if (step.then === "turn") await nextTurn();
    else await delay(step.then);
  }
  await part(world, never);
  judge(world);
  await requireNothingLeft(world, sockets, timers, never);
  const outcome: Outcome = {
    faults: world.faults,
    connections: world.pairs.flatMap((pair) => kept(pair, world.places[pair.script.place]!.script.kind)),
    messages: world.pairs.reduce((sum, { client, server }) => sum + client.arrivals.count + server.arrivals.count, 0),
  };
  world.forget();
  return outcome;
}

/** A connection that is over, and what it was. */
export interface Kept {
  readonly connection: WeakRef<object>;
  readonly what: string;
}

function kept({ client, server, script }: Pair, kind: string): Kept[] {
  return Object.entries({ client, server }).flatMap(([role, end]) => {
    if (!(end instanceof ProgramEnd) || end.connection === undefined) return [];
    return { connection: new WeakRef(end.connection), what: `${role}, ${kind}, ${script.gentle ? "gentle" : "rough"}` };
  });
}

/** Everybody reads again, and closes. */
async function part(world: World, never: number): Promise<void> {
  for (const { client, server } of world.pairs) {
    client.finish();
    server.finish();
  }
  const gentle = world.pairs.filter(({ begun, script }) => begun && script.gentle);
  await eventually(() => gentle.every(isThrough), never);
  for (const pair of gentle) {
    if (isThrough(pair)) continue;
    for (const end of [pair.client, pair.server])
      if (end.arrivals.missing.length > 0) end.fault("lost message", `${listed(end.arrivals.missing)} did not arrive`);
  }
  world.look();
  for (const pair of world.pairs) close(pair);
  await eventually(() => world.pairs.every(isOver), GRACE);
  for (const { client, server, script } of world.pairs) {
    if (script.gentle) continue;
    for (const end of [client, server]) {
      if (end instanceof RawEnd) end.reset();
      else if (end.closed === undefined && end.connection !== undefined) end.act({ do: "abort" });
    }
  }
  if (!(await eventually(() => world.pairs.every(isOver), never))) for (const pair of world.pairs) tellWhatHangs(pair);
}

/** Everything that was accepted has arrived, or cannot any more. */
function isThrough({ client, server }: Pair): boolean {
  const ends = [client, server];
  if (ends.some((end) => (end instanceof ProgramEnd ? end.closed !== undefined || end.failure !== undefined : end.gone))) return true;
  const opened = ends.every((end) => (end instanceof ProgramEnd ? end.connection !== undefined : end.opened && end.isIdle));
  return opened && ends.every((end) => end.arrivals.missing.length === 0 && end.outbox.entries.every(({ state }) => state !== "doubtful"));
}

/** By either side, in turn. */
function close({ id, client, server, script, begun }: Pair): void {
  if (!begun) return;
  const end = id % 2 === 0 ? client : server;
  if (end instanceof RawEnd) end.act({ do: "closeFrame", code: 3_000 + id });
  else if (end.connection !== undefined) end.act({ do: "close", code: 3_000 + id, reason: script.gentle ? "done" : "" });
}

function isOver({ begun, client, server }: Pair): boolean {
  return !begun || [client, server].every((end) => (end instanceof RawEnd ? end.ended || end.gone || !end.opened : isEndOver(end)));
}

function isEndOver(end: ProgramEnd): boolean {
  return end.connection === undefined || (end.closed !== undefined && end.promised.pending.length === 0);
}

function tellWhatHangs({ id, begun, client, server }: Pair): void {
  if (!begun) return;
  for (const end of [client, server]) {
    if (end instanceof RawEnd) {
      if (end.opened && !end.ended && !end.gone) end.fault("no end", "the stream has no end: neither a FIN nor a reset came");
    } else if (!isEndOver(end)) {
      const { connection, promised } = end;
      end.fault("no end", `of connection ${id}: ${String(connection?.state)}, and pending are ${promised.pending.join(", ")}`);
    }
  }
}

async function requireNothingLeft(world: World, sockets: number, timers: number, never: number): Promise<void> {
  // Raw peers have been told everything.
  for (const { client, server } of world.pairs) for (const end of [client, server]) if (end instanceof RawEnd) end.reset();
  for (const { script, server } of world.places) {
    if (server === undefined) continue;
    if (!(await eventually(() => server.connections.size === 0, never)))
      world.fault("server.connections", `${server.connections.size} are left in that of ${script.kind}`);
  }
  for (const place of world.places) {
    if ((await within(place.close({ timeout: 1_000 }), never)) === "late")
      world.fault("no end", `the listener of ${place.script.kind} does not close`);
  }
  await eventually(() => world.promised.pending.length === 0, never);
  for (const name of world.promised.pending) world.fault("no end", `the promise of ${name} does not settle`);
  if (!(await eventually(() => openSockets() <= sockets, never))) world.fault("left behind", `${openSockets() - sockets} sockets`);
  if (!(await eventually(() => timersLeft().length <= timers, never)))
    world.fault("left behind", `a timer, set at\n${timersLeft().at(-1)!}`);
}
