/** What has to be true of a connection when it is over. */
import type { Entry } from "./ledger.ts";
import { ProgramEnd } from "./program-end.ts";
import { RawEnd } from "./raw-end.ts";
import type { PlaceKind } from "./script.ts";
import type { ClosedPlace, Pair, World } from "./world.ts";

type End = ProgramEnd | RawEnd;

/** Places where a reset overtakes the FIN before it. */
const IN_MEMORY: ReadonlySet<PlaceKind> = new Set<PlaceKind>(["memory", "streams"]);

export function judge(world: World): void {
  for (const pair of world.pairs) {
    const place = world.closedPlaces.get(pair.script.place);
    const [client, server] = [pair.client, pair.server];
    if (pair.script.gentle && pair.begun) requireGentle(world, pair, place);
    for (const [end, peer] of [
      [client, server],
      [server, client],
    ] as const) {
      // A server that closes takes no more messages, though its Close may wait behind one that has no end yet, and the client's come first.
      if (end !== server || place === undefined) requireAll(end, peer);
      if (end instanceof ProgramEnd && end.closed?.wasClean === true) requireClean(world, end, peer, place);
      if (end instanceof ProgramEnd && peer instanceof RawEnd) {
        requireAnswered(world, end, peer, place);
        if (!IN_MEMORY.has(world.script.places[pair.script.place]!.kind)) requireParted(end, peer);
      }
    }
  }
}

/** Those that keep every rule are opened, and part by a closing handshake. */
function requireGentle(world: World, { client, server, id }: Pair, place: ClosedPlace | undefined): void {
  if (world.jumped) return;
  for (const [end, name] of [
    [client, "client"],
    [server, "server"],
  ] as const) {
    if (end instanceof RawEnd) {
      if (end.opened && !end.ended) end.fault("no FIN", `the stream is gone without one: ${String(end.error)}`);
    } else if (end.connection === undefined) {
      if (place === undefined) world.fault("not opened", `${name} of connection ${id}: ${String(end.failure)}`, id);
    } else if (end.closed?.wasClean === false && !(place !== undefined && end.closed.error.code === "MESSAGES_UNSENT")) {
      // A server that closes does not wait for messages behind one that has no end yet.
      world.fault("not clean", `${name} of connection ${id}: ${String(end.closed.error)}`, id);
    }
  }
}

/** Both ends were clean, and this one read to the end: then it has been given everything. */
function requireAll(end: End, peer: End): void {
  if (peer instanceof ProgramEnd ? peer.closed?.wasClean !== true : peer.closeSent === undefined || peer.broken !== undefined || peer.cut)
    return;
  if (end instanceof ProgramEnd) {
    const { closed } = end;
    if (closed?.wasClean !== true || closed.initiator !== "remote" || end.closedItself || !end.over) return;
  } else if (end.closeReceived === undefined) return;
  const { missing } = end.arrivals;
  if (missing.length > 0) end.fault("lost message", `${listed(missing)} never arrived`);
}

export function listed(missing: readonly Entry[]): string {
  const shown = missing.slice(0, 3).map(({ content: { number }, kind, size }) => `message ${number} (${kind}, ${size})`);
  return `${shown.join(", ")}${missing.length > 3 ? ` and ${missing.length - 3} more` : ""}`;
}

/** §7.1.4: clean means that both Closes were sent; and the code is one that somebody had a reason to send. */
function requireClean(world: World, end: ProgramEnd, peer: End, place: ClosedPlace | undefined): void {
  const { code, initiator } = end.closed!;
  const codes = new Set([...end.codes, ...(place === undefined ? [] : [place.code])]);
  if (peer instanceof ProgramEnd) {
    for (const one of peer.codes) codes.add(one);
  } else {
    if (peer.closeSent === undefined) return end.fault("untrue end", "clean, and the peer has sent no Close");
    if (peer.closeReceived === undefined && !peer.cut && !peer.stopped && peer.error === undefined)
      return end.fault("untrue end", "clean, and the peer was sent no Close");
    codes.add(peer.closeSent);
  }
  // §5.4: a message that was begun and could not be ended.
  const broken = [end, peer].some(({ outbox }) => outbox.entries.some(({ state }) => state === "open" || state === "doubtful"));
  if (!codes.has(code) && !(broken && code === 1011))
    end.fault(
      "untrue end",
      `clean with ${code}, where nobody has closed with it but with ${[...codes].join(", ") || "nothing"}; at the other end: ${String(peer instanceof ProgramEnd ? peer.closed?.error : peer.error)}`,
    );
  if (initiator === "local" && end.codes.size === 0 && place === undefined)
    end.fault("untrue end", "clean by its own Close, which it did not ask for");
  if (world.jumped || !(peer instanceof ProgramEnd) || peer.closed === undefined) return;
  if (peer.closed.wasClean && peer.closed.code !== code && peer.closed.initiator !== initiator)
    end.fault("untrue end", `clean with ${code}, and with ${peer.closed.code} at the other end`);
}

/** §7.1.7: who breaks the rules is told, by the Close with its code and by a FIN behind it, which no reset overtakes. */
function requireAnswered(world: World, end: ProgramEnd, peer: RawEnd, place: ClosedPlace | undefined): void {
  if (peer.broken === undefined || end.connection === undefined) return;
  const { which, code, at } = peer.broken;
  if (end.closed?.wasClean === true) return end.fault("untrue end", `clean, although the peer broke the rules: ${which}`);
  if (end.closedItself || end.harsh.size > 0 || place !== undefined || peer.cut || peer.hasStopped || world.jumped) return;
  // What it had to send was more than it may keep: it is given up, and nothing more arrives.
  if (end.closed?.wasClean === false && end.closed.error.code === "BUFFER_OVERFLOW") return;
  // On a machine that is so busy it is torn down, as it has to be.
  if (peer.endedAt - at >= end.closeTimeout) return;
  if (!peer.ended) end.fault("no FIN", `${which}: the stream is gone without one: ${String(peer.error)}`);
  if (peer.closeReceived !== code) end.fault("not answered", `${which}: the Close has ${String(peer.closeReceived)} instead of ${code}`);
}

/** A server whose answer is refused is sent a FIN: of a reset many a server's upgrade handler dies. */
function requireParted(end: ProgramEnd, peer: RawEnd): void {
  if ((end.failure as { code?: unknown } | undefined)?.code !== "RESPONSE_ACCEPT" || peer.hasReset || peer.ended) return;
  end.fault("no FIN", `a refused answer: the stream is gone without one: ${String(peer.error)}`);
}
