/** The connections of one run, with both their ends, and the places they are at. */
import type { Connection } from "@ws/endpoint";

import { stall } from "../case.ts";
import { Outbox } from "./ledger.ts";
import { nextTurn } from "./own-time.ts";
import { BROADCAST } from "./payload.ts";
import { type Answer, optionsOf, type Place, type Served } from "./place.ts";
import { openPlace, type Setting } from "./places.ts";
import { ProgramEnd } from "./program-end.ts";
import { Promised } from "./promised.ts";
import { Purpose } from "./purpose.ts";
import { RawEnd } from "./raw-end.ts";
import type { ConnectionScript, Fault, PlaceScript, ProgramAction, RawAction, Script, Step, WorldAction } from "./script.ts";
import { broadcast } from "./sending.ts";
import { jumpAhead } from "./watch.ts";

/** One connection. */
export interface Pair {
  readonly id: number;
  readonly script: ConnectionScript;
  readonly client: ProgramEnd | RawEnd;
  readonly server: ProgramEnd | RawEnd;
  readonly abort: AbortController;
  begun: boolean;
}

/** A listener that was closed in the middle. */
export interface ClosedPlace {
  readonly code: number;
  readonly timeout: number;
}

export class World {
  readonly script: Script;
  readonly pairs: Pair[];
  readonly places: Place[] = [];
  readonly closedPlaces = new Map<number, ClosedPlace>();
  readonly faults: Fault[] = [];
  readonly promised: Promised;
  /** The clock has been moved: deadlines may have passed. */
  jumped = false;
  readonly #setting: Setting;
  #broadcasts = 0;

  constructor(script: Script, setting: Setting) {
    this.script = script;
    this.#setting = setting;
    this.promised = new Promised((kind, detail) => this.fault(kind, detail));
    this.pairs = script.connections.map((connection, id) => this.#pair(connection, id));
  }

  fault(kind: string, detail: string, connection?: number): void {
    this.faults.push({ kind, detail, connection });
  }

  #pair(script: ConnectionScript, id: number): Pair {
    const { adapter } = this.#setting;
    const place = this.script.places[script.place]!;
    const [forth, back] = [new Outbox(id, 0), new Outbox(id, 1)];
    const fault =
      (side: string) =>
      (kind: string, detail: string): void =>
        this.fault(kind, `${side} of connection ${id}: ${detail}`, id);
    const { client } = script;
    return {
      id,
      script,
      begun: false,
      abort: new AbortController(),
      client:
        client === undefined
          ? new RawEnd("client", script.opening, forth, back, fault("raw client"))
          : new ProgramEnd(client, adapter, forth, back, fault("client")),
      server:
        place.raw === true
          ? new RawEnd("server", script.opening, back, forth, fault("raw server"))
          : new ProgramEnd(place.tuning, adapter, back, forth, fault("server")),
    };
  }

  async open(): Promise<void> {
    for (const script of this.script.places) this.places.push(await openPlace(this.#setting, script, this.#served(script)));
  }

  // ---- what listeners ask ----

  #served({ tuning: { style } }: PlaceScript): Served {
    const endOf = (connection: Connection<unknown>): ProgramEnd => this.#pairOf(String(connection.context)).server as ProgramEnd;
    return {
      upgrade: (target) => this.#upgrade(target),
      handler:
        style === "handlers" || style === "chunks"
          ? ProgramEnd.handlers(style, endOf)
          : async (connection: Connection<unknown>) => {
              const end = endOf(connection);
              end.opened(connection);
              await end.iterate(connection);
            },
      onError: (error) => this.#told(error),
      raw: (target, wire) => (this.#pairOf(target).server as RawEnd).begin(wire, target),
    };
  }

  #pairOf(target: string): Pair {
    return this.pairs[Number(target.slice(1))]!;
  }

  #upgrade(target: string): Answer | Promise<Answer> {
    const { upgrade } = this.#pairOf(target).script;
    const answer = { context: target };
    switch (upgrade) {
      case "now":
        return answer;
      case "refuse":
        return { status: 403 };
      case "throw":
        throw new Purpose();
      case "later":
        return this.#later(answer);
    }
  }

  async #later(answer: Answer): Promise<Answer> {
    for (let turns = 6; turns > 0; turns--) await nextTurn();
    return answer;
  }

  #told(error: unknown): void {
    if (!(error instanceof Purpose)) this.fault("onError", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  // ---- steps ----

  do({ on, by, act }: Step): void {
    const pair = this.pairs[on]!;
    if (act.do === "connect") return this.#connect(pair);
    if (act.do === "giveUp") {
      if (pair.client instanceof ProgramEnd) pair.client.harsh.add("given up");
      return pair.abort.abort(new Purpose());
    }
    if (by === "world") return this.#world(act as WorldAction);
    const end = pair[by];
    if (end instanceof RawEnd) end.act(act as RawAction);
    else end.act(act as ProgramAction);
  }

  #world(act: WorldAction): void {
    switch (act.do) {
      case "broadcast":
        return broadcast(this.programEnds, act.size, this.#broadcasts++, BROADCAST);
      case "crowd":
        return this.#crowd(act.size);
      case "stall":
        // Time: so long as the script says.
        return stall(act.ms);
      case "jump":
        this.jumped = true;
        return jumpAhead(act.ms);
      case "closeServer":
        return this.#closeServer(act.place, { code: act.code, timeout: act.timeout });
    }
  }

  /** What is encoded behind a message that fills its memory begins in new memory: so the same places are used in several. */
  #crowd(size: number): void {
    const ends = this.pairs.flatMap(({ server }) => (server instanceof ProgramEnd && server.connection?.state === "open" ? server : []));
    ends[0]?.act({ do: "send", size: 70_000, as: "binary", way: "copy" });
    ends.forEach((end, index) => {
      end.act({ do: "send", size, as: "binary", way: index % 2 === 0 ? "plain" : "prepared" });
      if (index % 2 === 1) end.act({ do: "flush" });
    });
  }

  #closeServer(index: number, options: ClosedPlace): void {
    const place = this.places[index]!;
    if (place.server === undefined || this.closedPlaces.has(index)) return;
    this.closedPlaces.set(index, options);
    this.promised.keep("server.close", place.close(options));
  }

  get programEnds(): ProgramEnd[] {
    return this.pairs.flatMap(({ client, server }) => [client, server].filter((end) => end instanceof ProgramEnd));
  }

  #connect(pair: Pair): void {
    if (pair.begun) return;
    pair.begun = true;
    const { client, id, script } = pair;
    const place = this.places[script.place]!;
    const target = `/${id}`;
    if (client instanceof RawEnd) {
      client.target = target;
      this.promised.keep(
        "wire",
        place.wire().then((wire) => client.begin(wire, target)),
        undefined,
        () => client.lost(),
      );
      return;
    }
    const { style } = script.client!;
    const iterates = style === "iterate" || style === "pieces";
    const options = { ...optionsOf(script.client!), signal: pair.abort.signal, onError: (error: unknown) => this.#told(error) };
    const opened = place.connect(target, options, iterates ? undefined : ProgramEnd.handlers(style, () => client));
    this.promised.keep(
      "connect",
      opened,
      (connection) => {
        if (iterates) this.#iterate(client, connection as Connection<undefined>);
        else if (client.connection !== connection)
          client.fault("opened twice", "connect resolves with something else than open was called with");
      },
      (error) => {
        client.failure = error;
        if (!(error instanceof this.#setting.adapter.HandshakeError)) client.fault("rejected", `connect: ${String(error)}`);
      },
    );
  }

  #iterate(client: ProgramEnd, connection: Connection<undefined>): void {
    client.opened(connection);
    // What it throws on purpose ends the iteration, and nothing else.
    client.promised.keep("iteration", client.iterate(connection), undefined, () => connection.close(1011));
  }

  /** It is over. What a runtime still holds of it, such as a socket's listener, holds no connections by it. */
  forget(): void {
    this.pairs.length = this.places.length = 0;
  }

  // ---- what holds at any time ----

  look(): void {
    for (const end of this.programEnds) end.look();
    this.places.forEach(({ server }, index) => {
      if (server === undefined) return;
      const listed = new Set(server.connections);
      if (listed.size !== server.connections.size)
        this.fault("server.connections", `size is ${server.connections.size}, and it gives ${listed.size}`);
      for (const { server: end, script, id } of this.pairs) {
        if (script.place !== index || !(end instanceof ProgramEnd) || end.connection === undefined) continue;
        if (end.connection.state !== "closed" && !listed.has(end.connection as Connection))
          this.fault("server.connections", `${id} is open, and not in it`, id);
      }
    });
  }
}
