/** One end that is a connection of ours, as a program uses it: what it does by the script, and what it looks at meanwhile. */
import type { Closed, Connection, ConnectionHandlers, MessageWriter } from "@ws/endpoint";

import type { Adapter } from "../adapter.ts";
import { Arrivals, type Entry, type Outbox } from "./ledger.ts";
import { partOf } from "./payload.ts";
import { Promised } from "./promised.ts";
import { nextTurn } from "./own-time.ts";
import { Purpose } from "./purpose.ts";
import type { ProgramAction, Style, Tuning } from "./script.ts";
import { requireRoom, send, sendStream, slip } from "./sending.ts";

type Armed = (ProgramAction & { readonly do: "arm" })["what"];

export class ProgramEnd {
  readonly outbox: Outbox;
  readonly arrivals: Arrivals;
  readonly adapter: Adapter;
  readonly promised: Promised;
  connection: Connection<unknown> | undefined;
  closed: Closed | undefined;
  /** It has called `close` or `abort`: no message is handed out any more to handlers. */
  closedItself = false;
  /** What it has done that may end the connection otherwise than cleanly. */
  readonly harsh = new Set<string>();
  /** Codes with which it may be closed by what this end has done. */
  readonly codes = new Set<number>();
  /** Why there is no connection. */
  failure: unknown;
  /** Gone from the runtime's point of view: `close` was called, or the iteration has ended. */
  over = false;
  /** `send` answers "full" from so many buffered bytes on. */
  readonly mark: number;
  readonly closeTimeout: number;
  /** Calls of `send` so far. */
  sent = 0;
  readonly #style: Style;
  readonly #fault: (kind: string, detail: string) => void;
  readonly #later: ProgramAction[] = [];
  readonly #armed: Armed[] = [];
  readonly #calls = { open: 0, closing: 0, close: 0 };
  #writer: { writer: MessageWriter; entry: Entry } | undefined;
  #gate: Promise<void> | undefined;
  #open: (() => void) | undefined;
  #slow = 0;
  /** A handler's promise is pending. */
  #inTurn = false;
  #leaving = false;
  #finished = false;
  #state = 0;

  constructor(tuning: Tuning, adapter: Adapter, outbox: Outbox, from: Outbox, fault: (kind: string, detail: string) => void) {
    this.#style = tuning.style;
    this.mark = tuning.sendHighWaterMark ?? 65_536;
    this.closeTimeout = tuning.closeTimeout;
    this.adapter = adapter;
    this.outbox = outbox;
    this.#fault = fault;
    this.arrivals = new Arrivals(from, fault);
    this.promised = new Promised(fault);
  }

  fault(kind: string, detail: string): void {
    this.#fault(kind, detail);
  }

  get iterates(): boolean {
    return this.#style === "iterate" || this.#style === "pieces";
  }

  // ---- its life ----

  opened(connection: Connection<unknown>): void {
    if (this.connection !== undefined) return this.#fault("opened twice", "a second connection for one end");
    this.connection = connection;
    this.promised.keep("closed", connection.closed, (closed) => this.#ended(closed as Closed));
    for (const act of this.#later.splice(0)) this.act(act);
  }

  #ended(closed: Closed): void {
    this.closed = closed;
    const connection = this.connection!;
    const clean = closed.error === undefined;
    if (closed.wasClean !== clean) this.#fault("untrue end", `wasClean ${String(closed.wasClean)} with the error ${String(closed.error)}`);
    if (connection.state !== "closed") this.#fault("untrue end", `closed, and the state is ${connection.state}`);
    if (connection.send("!") !== "closing") this.#fault("sent when closed", "send was accepted behind the end");
    void connection.closed.then((again) => {
      if (again !== closed) this.#fault("untrue end", "closed settles with something else later");
    });
  }

  /** The state goes one way only. */
  look(): void {
    if (this.connection === undefined) return;
    const state = ["open", "closing", "closed"].indexOf(this.connection.state);
    if (state < this.#state) this.#fault("untrue state", `${this.connection.state} behind a later state`);
    this.#state = state;
  }

  /** Handlers that find their end by the connection: those of a server are one object for all. */
  static handlers(style: Style, endOf: (connection: Connection<unknown>) => ProgramEnd): ConnectionHandlers<unknown> {
    const common: ConnectionHandlers<unknown> = {
      open: (connection) => endOf(connection).#openCalled(connection),
      drain: (connection) => requireRoom(endOf(connection), connection, "drain"),
      closing: (connection) => endOf(connection).#called("closing"),
      close: (connection, closed) => endOf(connection).#closeCalled(closed),
    };
    if (style === "chunks") return { ...common, chunk: (connection, chunk, first, last) => endOf(connection).#chunk(chunk, first, last) };
    return { ...common, message: (connection, message) => endOf(connection).#message(message) };
  }

  #called(name: "open" | "closing"): void {
    if (++this.#calls[name] > 1) this.#fault("called twice", name);
    if (this.#calls.close > 0) this.#fault("called behind close", name);
  }

  #openCalled(connection: Connection<unknown>): Promise<void> | undefined {
    this.#called("open");
    this.opened(connection);
    return this.#takes(this.#promise);
  }

  /** Some handlers of `open` and `close` return promises. */
  get #promise(): Promise<void> | undefined {
    return this.outbox.tag % 3 === 0 ? nextTurn() : undefined;
  }

  #closeCalled(closed: Closed): Promise<void> | undefined {
    if (++this.#calls.close > 1) this.#fault("called twice", "close");
    if (this.connection?.state !== "closed")
      this.#fault("untrue end", `close is called, and the state is ${String(this.connection?.state)}`);
    this.over = true;
    void this.connection?.closed.then((other) => {
      if (other !== closed) this.#fault("untrue end", "the close handler is told something else than closed");
    });
    return this.#promise;
  }

  // ---- what it is given ----

  #message(message: string | Uint8Array): Promise<void> | undefined {
    this.#requireNotOver();
    this.arrivals.whole(message);
    return this.#takes(this.#turn(message));
  }

  #chunk(chunk: string | Uint8Array, first: boolean, last: boolean): Promise<void> | undefined {
    this.#requireNotOver();
    this.arrivals.piece(chunk, first, last);
    return this.#takes(last ? this.#turn(undefined) : this.#gate);
  }

  /** Nothing else is given before the promise is settled. */
  #takes(turn: Promise<void> | undefined): Promise<void> | undefined {
    if (turn === undefined) return undefined;
    this.#inTurn = true;
    const taken = (): void => void (this.#inTurn = false);
    turn.then(taken, taken);
    return turn;
  }

  #requireNotOver(): void {
    if (this.#calls.close > 0) this.#fault("message behind the end", "a message behind the close handler");
    else if (this.closedItself) this.#fault("message behind the end", "a message behind this side's own close or abort");
    if (this.connection === undefined) this.#fault("message too early", "a message before open");
    if (this.#inTurn) this.#fault("message too early", "a message while the promise of the handler of the one before is pending");
  }

  #turn(message: string | Uint8Array | undefined): Promise<void> | undefined {
    const connection = this.connection;
    if (connection === undefined) return undefined;
    for (const what of this.#armed.splice(0)) {
      switch (what.do) {
        case "echo":
          if (message !== undefined) this.#echo(connection, message);
          break;
        case "awaitPong": {
          // While its turn lasts, for just that.
          this.act({ do: "stop" });
          const answered = (): void => this.go();
          this.promised.keep("ping", connection.ping(), answered, answered);
          break;
        }
        case "throw":
        case "reject":
          this.#end("throws", 1011);
          if (what.do === "throw") throw new Purpose();
          return Promise.reject(new Purpose());
        default:
          this.act(what);
      }
    }
    if (this.#slow > 0) {
      this.#slow--;
      return nextTurn().then(() => this.#gate);
    }
    return this.#gate;
  }

  /** What was given may be lent only, and is sent on as it is. */
  #echo(connection: Connection<unknown>, message: string | Uint8Array): void {
    const { last } = this.arrivals;
    if (last === undefined) return;
    this.sent++;
    const entry = this.outbox.add(last.kind, last.size, "whole", last.content);
    if (connection.send(message) === "closing") entry.state = "withdrawn";
  }

  /** Takes the messages one after the other until the end. */
  async iterate(connection: Connection<unknown>): Promise<void> {
    try {
      do {
        this.#leaving = false;
        if (this.#style === "pieces") await this.#eachPiece(connection);
        else await this.#each(connection);
      } while (this.#leaving);
    } catch (error) {
      const closed = await connection.closed;
      if (error instanceof Purpose) throw error;
      if (closed.error !== error) this.#fault("untrue end", `iteration throws ${String(error)}, and the end was ${String(closed.error)}`);
    }
    this.over = true;
    if (connection.state === "open") this.#fault("untrue end", "iteration has ended on an open connection");
  }

  async #each(connection: Connection<unknown>): Promise<void> {
    for await (const message of connection) {
      this.arrivals.whole(message);
      await this.#turn(message);
      if (this.#leaving) return;
    }
  }

  async #eachPiece(connection: Connection<unknown>): Promise<void> {
    for await (const message of connection.incoming()) {
      let first = true;
      const empty = message.type === "text" ? "" : new Uint8Array(0);
      for await (const piece of message) {
        this.arrivals.piece(piece, first, false);
        first = false;
        await this.#gate;
      }
      // The end has no piece of its own, and the pieces end as well when the connection does.
      if (connection.state !== "open" && this.arrivals.isShort) return;
      this.arrivals.piece(empty, first, true);
      await this.#turn(undefined);
    }
  }

  // ---- what it does ----

  act(act: ProgramAction): void {
    const { connection } = this;
    if (connection === undefined) {
      this.#later.push(act);
      return;
    }
    if (this.#finished && ["stop", "slow", "begin"].includes(act.do)) return;
    switch (act.do) {
      case "send":
        return send(this, connection, act);
      case "sendStream":
        return sendStream(this, connection, act);
      case "begin":
        return this.#begin(connection, act.as);
      case "write":
      case "end":
        return this.#write(act.do === "end", act.size);
      case "flush":
        return connection.flush();
      case "ping":
        return this.promised.keep("ping", connection.ping(new Uint8Array(act.size)), undefined, () => undefined);
      case "close":
        this.#end("close", act.code ?? 1005);
        return connection.close(act.code, act.reason);
      case "abort":
        this.closedItself = true;
        this.harsh.add("abort");
        return connection.abort(new Purpose());
      case "stop":
        this.harsh.add("stop");
        this.#gate ??= new Promise((resolve) => (this.#open = resolve));
        return;
      case "go":
        return this.go();
      case "slow":
        this.#slow += act.turns;
        return;
      case "leave":
        this.#leaving = this.iterates;
        return;
      case "slip":
        return slip(this, connection, act.which);
      case "arm":
        this.#armed.push(act.what);
    }
  }

  /** Takes messages again. */
  go(): void {
    this.#open?.();
    this.#gate = this.#open = undefined;
  }

  /** Says why, and with what code, the connection may end by this side. */
  #end(why: string, code: number): void {
    if (why === "throws") this.harsh.add(why);
    this.codes.add(code);
    this.closedItself = true;
  }

  #begin(connection: Connection<unknown>, as: Entry["kind"]): void {
    if (this.#writer !== undefined) return;
    let writer: MessageWriter | undefined;
    try {
      writer = connection.beginMessage(as === "binary" ? "binary" : "text");
    } catch {
      // Another streamed message is open.
      return;
    }
    if (writer === undefined) return;
    this.#writer = { writer, entry: this.outbox.add(as, 0, "open") };
  }

  #write(last: boolean, size: number): void {
    const current = this.#writer;
    if (current === undefined) return;
    const { writer, entry } = current;
    const from = entry.size;
    entry.size += size;
    if (last) {
      entry.state = "whole";
      this.#writer = undefined;
    }
    this.sent++;
    const piece = partOf(entry.content, entry.kind, from, entry.size);
    if ((last ? writer.end(piece) : writer.write(piece)) !== "closing") return;
    entry.state = "doubtful";
    this.#writer = undefined;
  }

  /** Ends what it has left open, and takes what comes: from here on, also when it is opened only now. */
  finish(): void {
    this.#finished = true;
    this.go();
    this.#slow = 0;
    this.#write(true, 0);
  }
}
