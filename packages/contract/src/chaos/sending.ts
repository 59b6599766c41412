/** The ways in which an end of ours sends, each written into the ledger before it is called. */
import type { Connection } from "@ws/endpoint";

import type { Adapter } from "../adapter.ts";
import type { Entry, Outbox } from "./ledger.ts";
import { delay, nextTurn } from "./own-time.ts";
import { bytesOf, partOf } from "./payload.ts";
import type { Promised } from "./promised.ts";
import { Purpose } from "./purpose.ts";
import type { ProgramAction } from "./script.ts";

/** An end of ours, as it sends. */
export interface Sender {
  readonly adapter: Adapter;
  readonly outbox: Outbox;
  readonly promised: Promised;
  readonly harsh: Set<string>;
  readonly codes: Set<number>;
  readonly connection: Connection<unknown> | undefined;
  readonly mark: number;
  sent: number;
  fault(kind: string, detail: string): void;
}

type Act<Name extends ProgramAction["do"]> = ProgramAction & { readonly do: Name };

export function send(end: Sender, connection: Connection<unknown>, act: Act<"send">): void {
  for (let times = act.times ?? 1; times > 0; times--) {
    const before = connection.state;
    const sent = ++end.sent;
    const entry = end.outbox.add(act.as, act.size, "whole");
    const answer = sendOne(end, connection, act, entry);
    if (answer === "closing") entry.state = "withdrawn";
    if ((answer === "closing") !== (before !== "open") && connection.state === before)
      end.fault("untrue answer", `send answers ${answer} when the state is ${before}`);
    if (answer !== "full") continue;
    end.promised.keep("ready", connection.ready, () => {
      // Unless more was sent since, or is being sent.
      const streams = end.outbox.entries.some(({ state }) => state === "open" || state === "doubtful");
      if (end.sent === sent && !streams) requireRoom(end, connection, "ready");
    });
  }
}

/** Frames that nobody sent by `send`: Pongs, Pings and Close, of all that may come within a turn. */
const CONTROL = 2_000;

/** There is room again where it is told that there is. */
export function requireRoom(end: Sender, connection: Connection<unknown>, teller: string): void {
  const { bufferedBytes, state } = connection;
  if (state === "open" && bufferedBytes >= end.mark + CONTROL)
    end.fault("untrue answer", `${teller} comes with ${bufferedBytes} bytes buffered`);
}

function sendOne(end: Sender, connection: Connection<unknown>, { way, as, size }: Act<"send">, { content }: Entry): string {
  const message = partOf(content, as, 0, size);
  if (way === "prepared") return connection.send(end.adapter.prepareMessage(message));
  if (typeof message === "string" || way === "plain") return connection.send(message);
  if (way === "view") {
    // What lies beside it is nobody's.
    const room = new Uint8Array(size + 64).fill(0xee);
    room.set(message, 32);
    return connection.send(new DataView(room.buffer, room.byteOffset + 32, size));
  }
  const answer = connection.send(message, { copy: true });
  message.fill(0xee);
  return answer;
}

export function sendStream(end: Sender, connection: Connection<unknown>, act: Act<"sendStream">): void {
  const size = act.pieces.reduce((sum, piece) => sum + piece, 0);
  const entry = end.outbox.add(act.as, size, "doubtful");
  const abort = new AbortController();
  const options = { type: act.as === "binary" ? "binary" : "text", ...(act.abort === true && { signal: abort.signal }) } as const;
  if (act.source === "throws" || act.source === "hangs" || act.abort === true) {
    end.harsh.add("stream");
    end.codes.add(1011);
  }
  const source = act.source === "array" ? [...pieces(entry, act.pieces)] : slowly(entry, act);
  const sent = connection.sendStream(source, options);
  end.promised.keep(
    "sendStream",
    sent,
    (answer) => {
      if (answer !== "closing") entry.state = "whole";
    },
    (error) => {
      if (!(error instanceof Purpose)) end.fault("rejected", `sendStream: ${String(error)}`);
    },
  );
  if (act.abort === true) void delay(2).then(() => abort.abort(new Purpose()));
}

function* pieces({ content, kind }: Entry, sizes: readonly number[]): Generator<string | Uint8Array> {
  let from = 0;
  for (const size of sizes) yield partOf(content, kind, from, (from += size));
}

async function* slowly(entry: Entry, { pieces: sizes, source }: Act<"sendStream">): AsyncGenerator<string | Uint8Array> {
  let count = 0;
  for (const piece of pieces(entry, sizes)) {
    await nextTurn();
    if (source !== "turns" && ++count > sizes.length / 2) break;
    yield piece;
  }
  if (source === "throws") throw new Purpose();
  if (source === "hangs") await new Promise(() => undefined);
}

/** Mistakes of a program, which throw and change nothing. */
export function slip(end: Sender, connection: Connection<unknown>, which: Act<"slip">["which"]): void {
  const given = connection as unknown as {
    close(...args: unknown[]): void;
    send(message: unknown): unknown;
    beginMessage(type: unknown): unknown;
  };
  const { state } = connection;
  try {
    if (which === "code") given.close(1005);
    else if (which === "reason") given.close(3000, "x".repeat(200));
    else if (which === "message") given.send(5);
    else given.beginMessage("neither");
  } catch {
    if (connection.state !== state) end.fault("slip", `${which}: what threw has changed the state from ${state} to ${connection.state}`);
    return;
  }
  // What is closing already need not look at it.
  if (state === "open") end.fault("slip", `${which}: nothing was thrown`);
}

/** One message for many connections. */
export function broadcast(ends: readonly Sender[], size: number, number: number, tag: number): void {
  const content = { tag, direction: 0, number };
  const prepared = ends[0]?.adapter.prepareMessage(bytesOf(content, 0, size));
  for (const end of ends) {
    if (end.connection === undefined) continue;
    end.sent++;
    const entry = end.outbox.add("binary", size, "whole", content);
    if (end.connection.send(prepared!) === "closing") entry.state = "withdrawn";
  }
}
