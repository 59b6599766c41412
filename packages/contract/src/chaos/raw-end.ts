/**
 * A peer that speaks bytes, in either role: what it sends is legal until it is told otherwise, and it looks at every byte that it is sent. Nothing of
 * the endpoint is in it.
 */
import { Opcode } from "@ws/codec";

import { acceptHead, closePayload, requestHead } from "../raw.ts";
import { frameOf, FrameReader, illegal } from "./frames.ts";
import { Arrivals, type Outbox } from "./ledger.ts";
import { nextTurn, realNow } from "./own-time.ts";
import { partOf } from "./payload.ts";
import type { RawAction, RawOpening } from "./script.ts";
import type { Wire } from "./wire.ts";

const encoder = new TextEncoder();

export class RawEnd {
  readonly role: "client" | "server";
  readonly outbox: Outbox;
  readonly arrivals: Arrivals;
  /** The opening handshake has been done, as far as this end can tell. */
  opened = false;
  refused = false;
  /** It has sent a Close that the peer must accept. */
  closeSent: number | undefined;
  closeReceived: number | undefined;
  /** What was illegal, and the code of the Close that answers it. */
  broken: { readonly which: string; readonly code: number; readonly at: number } | undefined;
  /** It has ended its direction without a Close, or reset the stream. */
  cut = false;
  hasReset = false;
  stopped = false;
  /** It has not read all the time: what it was sent may have come too late. */
  hasStopped = false;
  ended = false;
  /** When the peer's FIN came, or the stream was lost. */
  endedAt = Infinity;
  gone = false;
  error: Error | undefined;
  readonly #opening: RawOpening;
  readonly #fault: (kind: string, detail: string) => void;
  readonly #later: RawAction[] = [];
  readonly #frames: FrameReader;
  #wire: Wire | undefined;
  #head = "";
  /** Pieces to be written one a turn. */
  #queue: (Uint8Array | (() => void))[] = [];
  #pumping = false;
  #finished = false;
  #responses = 0;

  constructor(role: "client" | "server", opening: RawOpening, outbox: Outbox, from: Outbox, fault: (kind: string, detail: string) => void) {
    this.role = role;
    this.#opening = opening;
    this.outbox = outbox;
    this.#fault = fault;
    this.arrivals = new Arrivals(from, fault);
    this.#frames = new FrameReader(role === "server", this.arrivals, fault);
  }

  /** The stream is connected. */
  begin(wire: Wire, target: string): void {
    if (this.#wire !== undefined) {
      wire.reset();
      return;
    }
    this.#wire = wire;
    wire.listen({
      data: (bytes) => this.#received(bytes),
      end: () => {
        this.ended = true;
        this.endedAt = realNow();
        // Whoever has been sent a FIN, and has nothing to say, ends as well.
        if (!this.stopped) this.#put(() => wire.end());
      },
      closed: (error) => {
        this.gone = true;
        this.error = error;
        this.endedAt = Math.min(this.endedAt, realNow());
      },
    });
    if (this.role === "client") this.#ask(target);
  }

  /** It could not be connected. */
  lost(): void {
    this.gone = true;
    this.refused = true;
  }

  // ---- the opening handshake ----

  #ask(target: string): void {
    const head = requestHead(target);
    switch (this.#opening) {
      case "good":
        return this.#write(encoder.encode(head), 0);
      case "early": {
        // In one piece with the first messages, and the rest while `upgrade` may still decide.
        const early = this.#later.splice(0).flatMap((act) => (act.do === "message" ? [act] : []));
        const frames = early.map((act) => this.#message(act));
        return this.#write(Buffer.concat([encoder.encode(head), ...frames]), 2);
      }
      case "slow":
        return this.#write(encoder.encode(head), 8);
      case "behind-requests": {
        const get = "GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        this.#responses = 1;
        return this.#write(encoder.encode(get), 0);
      }
      case "bad":
        this.#put(() => (this.cut = true));
        return this.#write(encoder.encode(head.replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 12")), 0);
      case "garbage":
        this.#put(() => (this.cut = true));
        return this.#write(Buffer.concat([encoder.encode("\x16\x03\x01 nothing\r\n\r\n"), new Uint8Array(300).fill(0x80)]), 1);
      case "half":
        this.cut = true;
        return this.#write(encoder.encode(head.slice(0, 40)), 0);
    }
  }

  #answer(request: string): void {
    const head = acceptHead(request);
    switch (this.#opening) {
      case "bad":
        this.cut = true;
        return this.#write(encoder.encode(head.replace(/Accept: ..../, "Accept: AAAA")), 0);
      case "garbage":
        this.cut = true;
        return this.#write(encoder.encode("SSH-2.0-nothing\r\n\r\n"), 1);
      case "half":
        this.cut = true;
        return this.#write(encoder.encode(head.slice(0, 40)), 0);
      case "early": {
        const early = this.#later.splice(0).flatMap((act) => (act.do === "message" ? [act] : []));
        const frames = early.map((act) => this.#message(act));
        this.#write(Buffer.concat([encoder.encode(head), ...frames]), 1);
        return this.#open();
      }
      default:
        this.#write(encoder.encode(head), this.#opening === "slow" ? 6 : 0);
        return this.#open();
    }
  }

  #open(): void {
    this.opened = true;
    for (const act of this.#later.splice(0)) this.act(act);
  }

  #received(bytes: Uint8Array): void {
    if (this.opened) this.#frame(bytes);
    else if (!this.refused) this.#headBytes(bytes);
  }

  #headBytes(bytes: Uint8Array): void {
    this.#head += Buffer.from(bytes).toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#head.slice(0, end + 4);
    const rest = Uint8Array.from(this.#head.slice(end + 4), (character) => character.charCodeAt(0));
    if (this.role === "server") {
      this.#answer(head);
    } else if (this.#responses > 0) {
      // The response to an ordinary request; what is asked behind it is an upgrade.
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (rest.length < length) return;
      this.#responses = 0;
      this.#head = "";
      if (/^connection: *close/im.test(head)) this.refused = true;
      else this.#write(encoder.encode(requestHead(this.target)), 0);
      return;
    } else if (/^HTTP\/1\.1 101 /.test(head)) {
      this.#open();
    } else {
      this.refused = true;
      return;
    }
    if (rest.length > 0 && this.opened) this.#frame(rest);
  }

  target = "/";

  #frame(bytes: Uint8Array): void {
    this.#frames.push(bytes, {
      ping: (payload) => this.#control(Opcode.PONG, payload),
      close: (code) => {
        this.closeReceived = code;
        if (this.closeSent === undefined && this.broken === undefined && !this.cut) this.#close(code === 1005 ? undefined : code);
        // §7.1.1: the server ends the stream first.
        if (this.role === "server") this.#put(() => this.#wire!.end());
      },
    });
  }

  // ---- writing ----

  #mask(): number | undefined {
    return this.role === "client" ? 0x37fa_213d ^ this.outbox.entries.length : undefined;
  }

  #put(piece: Uint8Array | (() => void)): void {
    this.#queue.push(piece);
    if (!this.#pumping) this.#pump();
  }

  #pump(): void {
    this.#pumping = false;
    const next = this.#queue.shift();
    if (next === undefined) return;
    if (typeof next === "function") next();
    else this.#wire?.write(next);
    if (this.#queue.length === 0) return;
    this.#pumping = true;
    void nextTurn().then(() => this.#pump());
  }

  /** In `cuts` + 1 pieces, one a turn. */
  #write(bytes: Uint8Array, cuts: number): void {
    const size = Math.ceil(bytes.length / (cuts + 1));
    for (let start = 0; start < bytes.length; start += size) this.#put(bytes.subarray(start, start + size));
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (this.closeSent === undefined && this.broken === undefined && !this.cut) this.#put(frameOf(opcode, payload, this.#mask()));
  }

  #close(code: number | undefined): void {
    this.#control(Opcode.CLOSE, code === undefined ? new Uint8Array(0) : closePayload(code));
    this.closeSent = code ?? 1005;
  }

  #message({ size, as, fragments }: RawAction & { do: "message" }): Uint8Array {
    const entry = this.outbox.add(as, size, "whole");
    const frames: Uint8Array[] = [];
    for (let index = 0; index < fragments; index++) {
      const part = partOf(entry.content, as, Math.floor((index * size) / fragments), Math.floor(((index + 1) * size) / fragments));
      const opcode = index > 0 ? Opcode.CONTINUATION : as === "binary" ? Opcode.BINARY : Opcode.TEXT;
      frames.push(frameOf(opcode, typeof part === "string" ? encoder.encode(part) : part, this.#mask(), { fin: index === fragments - 1 }));
      // §5.4: a control frame may come in the middle of a message.
      if (index === 1) frames.push(frameOf(Opcode.PING, new Uint8Array(3), this.#mask()));
    }
    return Buffer.concat(frames);
  }

  act(act: RawAction): void {
    if (!this.opened) {
      this.#later.push(act);
      return;
    }
    if (this.gone) return;
    switch (act.do) {
      case "stopReading":
        if (this.#finished) return;
        this.stopped = this.hasStopped = true;
        this.#wire!.pause();
        return;
      case "readOn":
        this.stopped = false;
        this.#wire!.resume();
        if (this.ended) this.#put(() => this.#wire!.end());
        return;
      case "reset":
        return this.reset();
    }
    if (this.closeSent !== undefined || this.broken !== undefined || this.cut) return;
    switch (act.do) {
      case "message":
        for (let times = act.times ?? 1; times > 0; times--) this.#write(this.#message(act), act.cuts);
        return;
      case "pingFrame":
        return this.#control(Opcode.PING, new Uint8Array(act.size));
      case "closeFrame":
        return this.#close(act.code);
      case "fin":
        this.cut = true;
        return this.#put(() => this.#wire!.end());
      case "illegal": {
        const { bytes, code } = illegal(act.which, this.#mask());
        this.#write(bytes, 0);
        this.broken = { which: act.which, code, at: realNow() };
      }
    }
  }

  /** Reads on, from here on to the end. */
  finish(): void {
    this.#finished = true;
    this.act({ do: "readOn" });
  }

  reset(): void {
    if (!this.gone) this.cut = this.hasReset = true;
    this.#queue = [];
    this.#wire?.reset();
  }

  /** Nothing that it was told to write is left. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#pumping;
  }

  fault(kind: string, detail: string): void {
    this.#fault(kind, detail);
  }
}
