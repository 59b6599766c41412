/**
 * A real implementation (ws) with a tap on its connection: what passes can be changed, so that one defect at a time can be
 * planted without touching the implementation.
 */
import { createServer, connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import WebSocket, { WebSocketServer, type PerMessageDeflateOptions } from "ws";

import type { HandshakeProblem } from "../../src/rfc/handshake-problems.ts";
import { acceptKeyFor, requestProblems } from "../../src/rfc/handshake.ts";
import { readFrame, RSV1, writeFrame } from "../../src/wire/frame.ts";
import { type Head, parseExtensions, readHead, headerValues } from "../../src/wire/head.ts";

export interface TapFrame {
  fin: boolean;
  rsv: number;
  opcode: number;
  payload: Uint8Array;
  /** As it came; for frames that are sent: undefined means as the role must. */
  masked?: boolean;
  maskingKey?: number;
  lengthForm?: 7 | 16 | 64;
  declaredLength?: bigint;
  /** Offsets within the payload at which a TCP read ended. */
  cuts?: number[];
}

export interface TapState {
  /** Free for the defect. */
  [name: string]: unknown;
  inMessage: boolean;
  deflate: boolean;
  socket: Socket;
  /** Writes to the other side, behind the implementation's back. */
  send: (frame: TapFrame) => void;
  /** Ends everything at once, without the implementation. */
  kill: (how: "fin" | "reset") => void;
  /** The listening server dies. */
  crash: () => void;
}

export interface Plant {
  /** Options of ws. */
  options?: { skipUTF8Validation?: boolean; perMessageDeflate?: boolean | PerMessageDeflateOptions; maxPayload?: number };
  /** Problems of the opening handshake that are let pass. */
  tolerate?: readonly HandshakeProblem[];
  /** What ws sees of the extensions that were offered. */
  rewriteOffer?: (offer: string) => string;
  /** More problems: refuses what it should accept. */
  refuse?: (head: Head) => boolean;
  /** Changes the head that leaves. "": nothing is sent. */
  sendHead?: (lines: string[], state: TapState, received: Head) => string[];
  /** Changes the head that came, before ws sees it (client: the response). */
  receiveHead?: (lines: string[], state: TapState) => string[];
  /** Bytes of the head must come in one read. */
  headInOneRead?: boolean;
  /** Bytes behind the head are lost. */
  losesEarly?: boolean;
  /** Frames that come; what is returned goes on to ws. */
  receive?: (frame: TapFrame, state: TapState) => TapFrame[];
  /** Chunks that come, before frames are looked for. */
  receiveBytes?: (chunk: Uint8Array, state: TapState) => Uint8Array[];
  /** Frames that ws sends. */
  send?: (frame: TapFrame, state: TapState) => TapFrame[];
  /** ws ends its side. true: it is kept from doing so. */
  holdEnd?: boolean;
  onEnd?: (state: TapState) => void;
  /** Instead of echoing. */
  message?: (socket: WebSocket, data: Buffer, isBinary: boolean, state: TapState) => void;
  /** A refusal that is not an HTTP response: silence, or the end of TCP. */
  refusal?: "hang" | "close" | "without-version";
  /** FIN of the other side is not answered. */
  ignoresFin?: boolean;
  /** RST of the other side kills the whole server. */
  diesOnReset?: boolean;
  /** ws sees whole frames only; otherwise bytes pass as they come. */
  client?: { path?: string; protocols?: string[]; key?: string };
}

const EMPTY = Buffer.alloc(0);

class FrameSplitter {
  private held: Buffer = EMPTY;
  private ends: number[] = [];
  private readonly each: (frame: TapFrame) => void;
  private readonly rest: ((bytes: Buffer) => boolean) | undefined;

  constructor(each: (frame: TapFrame) => void, rest?: (bytes: Buffer) => boolean) {
    this.each = each;
    this.rest = rest;
  }
  push(chunk: Uint8Array): void {
    this.held = Buffer.concat([this.held, chunk]);
    for (;;) {
      const frame = readFrame(this.held, 0);
      if (frame?.complete !== true) break;
      const cuts = this.ends.filter((end) => end > frame.headerLength && end < frame.end).map((end) => end - frame.headerLength);
      this.held = this.held.subarray(frame.end);
      this.ends = this.ends.map((end) => end - frame.end).filter((end) => end > 0);
      this.each({
        fin: frame.fin,
        rsv: frame.rsv,
        opcode: frame.opcode,
        payload: frame.payload,
        masked: frame.masked,
        maskingKey: frame.maskingKey,
        lengthForm: frame.lengthForm,
        cuts,
      });
    }
    if (this.held.length > 0) {
      this.ends.push(this.held.length);
      if (this.rest?.(this.held) === true) this.held = EMPTY;
    }
  }
}

/** What ws takes for its socket. */
class Tap extends Duplex {
  private readonly inner: Socket;
  private readonly plant: Plant;
  private readonly role: "server" | "client";
  readonly state: TapState;
  private sentHead = "";
  private headSent = false;
  private headReceived: boolean;
  private heldHead = "";
  private readonly incoming: FrameSplitter;
  private readonly outgoing: FrameSplitter;
  request: Head;

  constructor(inner: Socket, plant: Plant, role: "server" | "client", request: Head, crash: () => void) {
    super({ allowHalfOpen: true });
    this.inner = inner;
    this.plant = plant;
    this.role = role;
    this.request = request;
    this.headReceived = role === "server";
    this.state = {
      inMessage: false,
      deflate: false,
      socket: inner,
      crash,
      send: (frame) => this.writeFrame(frame),
      kill: (how) => {
        if (how === "fin") inner.end();
        else inner.resetAndDestroy();
        this.destroy();
      },
    };
    this.incoming = new FrameSplitter(
      (frame) => {
        const passed = plant.receive?.(frame, this.state) ?? [frame];
        if (frame.opcode < 8) this.state.inMessage = !frame.fin;
        for (const each of passed) {
          const masked = each.masked ?? role === "server";
          this.push(
            Buffer.from(
              writeFrame({
                ...each,
                maskingKey: masked ? (each.maskingKey ?? 0) : undefined,
                lengthForm:
                  each.lengthForm === frame.lengthForm && each.payload.length === frame.payload.length ? each.lengthForm : undefined,
              }),
            ),
          );
        }
        // An illegal header is passed on before its frame is complete, as ws would see it.
      },
      (bytes) => {
        const frame = readFrame(bytes, 0);
        if (frame === undefined || (frame.length < 1_000_000n && frame.payload.length < 1_000_000)) return false;
        this.push(bytes);
        return true;
      },
    );
    this.outgoing = new FrameSplitter((frame) => {
      const { masked: _masked, maskingKey: _key, lengthForm: _form, cuts: _cuts, ...plain } = frame;
      for (const each of plant.send?.(plain, this.state) ?? [plain]) this.writeFrame(each, frame.maskingKey);
    });
    inner.on("data", (chunk: Buffer) => this.received(chunk));
    inner.on("end", () => {
      if (plant.ignoresFin !== true) this.push(null);
    });
    inner.on("error", () => {
      if (plant.diesOnReset === true) crash();
      this.destroy();
    });
    inner.on("close", () => {
      if (plant.ignoresFin !== true) this.destroy();
    });
  }

  private writeFrame(each: TapFrame, key = 0x01020304): void {
    const masked = each.masked ?? this.role === "client";
    if (!this.inner.writable) return;
    this.inner.write(writeFrame({ ...each, maskingKey: masked ? (each.maskingKey ?? key) : undefined }));
  }

  received(chunk: Buffer): void {
    if (!this.headReceived) {
      this.heldHead += chunk.toString("latin1");
      const end = this.heldHead.indexOf("\r\n\r\n");
      if (this.plant.headInOneRead === true && end < 0) {
        this.inner.destroy();
        this.destroy();
        return;
      }
      if (end < 0) return;
      const rest = Buffer.from(this.heldHead.slice(end + 4), "latin1");
      const lines = this.heldHead.slice(0, end).split("\r\n");
      this.headReceived = true;
      this.state.deflate = lines.some((line) => /^sec-websocket-extensions:.*deflate/i.test(line));
      this.push(Buffer.from(`${(this.plant.receiveHead?.(lines, this.state) ?? lines).join("\r\n")}\r\n\r\n`, "latin1"));
      if (rest.length > 0 && this.plant.losesEarly !== true) {
        // ws has to have read the head first.
        this.inner.pause();
        setImmediate(() => {
          this.received(rest);
          this.inner.resume();
        });
      }
      return;
    }
    const pass =
      this.plant.receive === undefined
        ? (bytes: Uint8Array): void => void this.push(Buffer.from(bytes))
        : (bytes: Uint8Array): void => this.incoming.push(bytes);
    for (const bytes of this.plant.receiveBytes?.(chunk, this.state) ?? [chunk]) pass(bytes);
  }

  override _read(): void {
    // Pushed as it comes.
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.headSent) {
      this.sentHead += chunk.toString("latin1");
      const end = this.sentHead.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.headSent = true;
        let lines = this.sentHead.slice(0, end).split("\r\n");
        if (this.role === "server") this.state.deflate = lines.some((line) => /^sec-websocket-extensions:.*deflate/i.test(line));
        lines = this.plant.sendHead?.(lines, this.state, this.request) ?? lines;
        const rest = Buffer.from(this.sentHead.slice(end + 4), "latin1");
        if (lines.length > 0) this.inner.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
        if (rest.length > 0) this.outgoing.push(rest);
      }
    } else this.outgoing.push(chunk);
    done();
  }
  override _final(done: (error?: Error | null) => void): void {
    this.plant.onEnd?.(this.state);
    if (this.plant.holdEnd !== true) this.inner.end();
    done();
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.plant.holdEnd !== true && this.plant.ignoresFin !== true) this.inner.destroy();
    done(error);
  }
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

function serve(socket: WebSocket, plant: Plant, state: TapState): void {
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (plant.message !== undefined) plant.message(socket, data, isBinary, state);
    else socket.send(data, { binary: isBinary });
  });
}

const GOOD = "AAECAwQFBgcICQoLDA0ODw==";

/** Starts a faulty echo server. */
export async function plantedServer(
  plant: Plant,
  onPort = 0,
): Promise<{ url: string; close: () => Promise<void>; crashed: () => boolean }> {
  let hasCrashed = false;
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: true, ...plant.options });
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    let held: Buffer = EMPTY;
    const crash = (): void => {
      hasCrashed = true;
      server.close();
      for (const each of sockets) each.destroy();
    };
    socket.on("error", () => {
      if (plant.diesOnReset === true) crash();
    });
    const onEnd = (): void => void socket.end();
    socket.on("end", onEnd);
    const onData = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk]);
      const head = readHead(held);
      if (head === undefined) {
        if (plant.headInOneRead === true) socket.destroy();
        if (held.length > 100_000 && plant.refusal !== "hang")
          socket.end("HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      if (plant.headInOneRead === true && chunk.length !== held.length) return void socket.destroy();
      socket.off("data", onData);
      const rest = plant.losesEarly === true ? EMPTY : held.subarray(head.length);
      const problems = requestProblems(head).filter((problem) => plant.tolerate?.includes(problem) !== true);
      if (problems.length > 0 || plant.refuse?.(head) === true) {
        if (plant.refusal === "hang") return;
        if (plant.refusal === "close") return void socket.end();
        return void socket.end(
          `HTTP/1.1 400 Bad Request\r\nConnection: close\r\n${plant.refusal === "without-version" ? "" : "Sec-WebSocket-Version: 13\r\n"}Content-Length: 0\r\n\r\n`,
        );
      }
      socket.off("end", onEnd);
      const tap = new Tap(
        socket,
        {
          ...plant,
          sendHead: (lines, state, request) => {
            const key = headerValues(request, "sec-websocket-key")[0] ?? "";
            const accepted = lines.map((line) =>
              line.startsWith("Sec-WebSocket-Accept:") ? `Sec-WebSocket-Accept: ${acceptKeyFor(key)}` : line,
            );
            return plant.sendHead?.(accepted, state, request) ?? accepted;
          },
        },
        "server",
        head,
        crash,
      );
      const headers: Record<string, string> = {};
      for (const [name, value] of head.headers)
        headers[name.toLowerCase()] = name.toLowerCase() in headers ? `${headers[name.toLowerCase()]!}, ${value}` : value;
      if (parseable(headers["sec-websocket-extensions"]) === false) delete headers["sec-websocket-extensions"];
      if (plant.rewriteOffer !== undefined && headers["sec-websocket-extensions"] !== undefined)
        headers["sec-websocket-extensions"] = plant.rewriteOffer(headers["sec-websocket-extensions"]);
      tap.state["raw"] = held.toString("latin1");
      const request = {
        method: "GET",
        url: "/",
        headers: { ...headers, upgrade: "websocket", connection: "Upgrade", "sec-websocket-key": GOOD, "sec-websocket-version": "13" },
        socket: tap,
      } as unknown as IncomingMessage;
      wss.handleUpgrade(request, tap, EMPTY, (ws) => {
        serve(ws, plant, tap.state);
        // What came with the request.
        if (rest.length > 0) tap.received(rest);
      });
    };
    socket.on("data", onData);
  });
  await new Promise<void>((resolve) => server.listen(onPort, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${port}`,
    crashed: () => hasCrashed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Offers that ws would refuse with 400 are declined instead, so that the base has no defect of its own here. */
function parseable(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (parseExtensions(value) === undefined) return false;
  return !/=(?:7|16|09|ten|99)\b|x=1|takeover=|server_max_window_bits(?!=)|(server_max_window_bits=10).*\1(?!")|constructor/.test(value);
}

/** Runs one case with a faulty client; resolves when the connection is over. `played`: the fuzzer wants no more of it. */
export function plantedCase(url: string, plant: Plant, played: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const { port } = new URL(url);
    const taps: Tap[] = [];
    const socket = new WebSocket(url, plant.client?.protocols ?? [], {
      perMessageDeflate: true,
      ...plant.options,
      createConnection: () => {
        const inner = connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
        const tap = new Tap(
          inner,
          {
            ...plant,
            sendHead: (lines, state, request) => plant.sendHead?.(lines, state, request) ?? lines,
          },
          "client",
          { start: "", headers: [], length: 0, malformed: [] },
          () => undefined,
        );
        taps.push(tap);
        return tap as unknown as Socket;
      },
    } as unknown as WebSocket.ClientOptions);
    serve(
      socket,
      plant,
      new Proxy({} as TapState, {
        get: (_, name) => taps[0]?.state[name as string],
        set: (_, name, value) => {
          if (taps[0] !== undefined) taps[0].state[name as string] = value;
          return true;
        },
      }),
    );
    socket.on("close", () => {
      const inner = taps[0]?.state.socket;
      if (inner === undefined || inner.destroyed) resolve();
      else inner.once("close", () => resolve());
    });
    // Some defects leave the connection open for good.
    void played.then(() => {
      socket.terminate();
      taps[0]?.state.socket.destroy();
      resolve();
    });
  });
}

export { RSV1 };
