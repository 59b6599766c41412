/**
 * Plays the server for clients under test, in the driver convention of the Autobahn Testsuite: a driver asks for the number of
 * cases, runs each once, and asks for the report. Cases beyond the known ones are a reserve for confirmations and shrinking.
 */
import { createServer, type Server, type Socket } from "node:net";

import { agreementOf, isValidOffer, offeredExtensions } from "../rfc/deflate-negotiation.ts";
import { acceptFor } from "../rfc/handshake.ts";
import type { Deviation } from "../rfc/judge/deviation.ts";
import { judge } from "../rfc/judge/judge.ts";
import { completed } from "../rfc/oracle.ts";
import type { Executor, Run, RunOptions } from "../run/executor.ts";
import { planOf } from "../sessions/plan.ts";
import {
  closePayload,
  cutOffsets,
  DEFAULT_RESPONSE,
  frame,
  responseBytes,
  responseOf,
  type Session,
  stepBytes,
} from "../sessions/session.ts";
import { latin1, text } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { type Head, parseExtensions, readHead, values } from "../wire/head.ts";
import { type DriveOptions, play, transcriptOf, Wire, writeCut } from "./play.ts";

/** The answer to a client's offers that the session's answer stands for; undefined: the client offered nothing that could be answered. */
export function answerTo(wanted: string, request: Head): string | undefined {
  const items = parseExtensions(wanted);
  const [element] = items ?? [];
  const plain =
    items?.length === 1 &&
    element!.name === "permessage-deflate" &&
    isValidOffer(element!) &&
    element!.params.every(([name, value]) => !name.endsWith("_bits") || value !== undefined);
  if (!plain) return wanted; // broken on purpose
  const offer = offeredExtensions(request).find((each) => each.name === "permessage-deflate" && isValidOffer(each));
  if (offer === undefined) return undefined;
  const given = new Map(element!.params);
  for (const [name, value] of offer.params) {
    // RFC 7692 §7.1.1.1, §7.1.2.1: what the client asks of the server has to be granted.
    if (name === "server_no_context_takeover") given.set(name, undefined);
    if (name === "server_max_window_bits") given.set(name, value);
  }
  return ["permessage-deflate", ...[...given].map(([name, value]) => (value === undefined ? name : `${name}=${value}`))].join("; ");
}

function swapCase(value: string): string {
  return [...value].map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join("");
}

/** Plays and judges one session with a client that has sent its request. */
export async function runOnClient(wire: Wire, request: Head, session: Session, options: DriveOptions): Promise<Run> {
  const started = performance.now();
  const requestHead = wire.head.slice(0, request.length);
  wire.headDone(request.length);
  const key = values(request, "sec-websocket-key")[0] ?? "";
  const accept = acceptFor(key);
  let used = session;
  if (session.extensions !== undefined) {
    const answer = answerTo(session.extensions, request);
    const { extensions: _extensions, ...rest } = session;
    used = answer === undefined ? rest : { ...rest, extensions: answer };
  }
  const response = responseBytes(responseOf(used), {
    accept,
    key,
    "wrong-accept": acceptFor(`${key}x`),
    "swapped-accept": swapCase(accept),
  });
  const responseHead = readHead(response)!;
  const agreement = agreementOf(responseHead, request);
  const whole = completed(used, "client", agreement);
  let alreadyWritten = 0;
  if (used.early === true) {
    const plan = planOf(whole.steps, "client");
    alreadyWritten = plan.marks[0]?.at ?? plan.bytes.length;
    wire.write(Buffer.concat([response, plan.bytes.subarray(0, alreadyWritten)]));
  } else if (used.cutHandshake === true) await writeCut(wire, response, cutOffsets(used.cuts, response.length), used.gap ?? 0);
  else wire.write(response);
  const played = await play(wire, whole, "client", agreement, options, alreadyWritten);
  const transcript = transcriptOf("client", wire, { request: requestHead, response }, played, started);
  return { session: whole, transcript, judgement: judge(whole, transcript, options) };
}

interface Waiting {
  session: Session;
  patience: number;
  resolve: (run: Run | undefined) => void;
}

export interface ClientExecutorOptions extends DriveOptions {
  /** Reserve of cases for confirmations and shrinking. */
  followUps: number;
  /** What happened to the spawned driver, if there is one. */
  exited?: (() => string | undefined) | undefined;
}

export class ClientExecutor implements Executor {
  readonly target = "client" as const;
  name = "client";
  readonly concurrency: number = Infinity;
  /** Set when the driver asked for its report, or nothing is left to do. */
  finished = false;
  /** Cases the driver ran that had nothing to do. */
  unused = 0;
  readonly runs: Map<number, Run> = new Map();
  private readonly options: ClientExecutorOptions;
  private readonly fixed = new Map<number, Waiting>();
  private readonly followUps: Waiting[] = [];
  private holders: (() => void)[] = [];
  private announced = 0;
  private running = 0;
  private readonly keys = new Set<string>();
  private lastSeen: number = performance.now();

  constructor(options: ClientExecutorOptions) {
    this.options = options;
  }

  get caseCount(): number {
    return this.announced + this.options.followUps;
  }
  get fixedCases(): number {
    return this.announced;
  }
  /** Milliseconds since the driver did anything. */
  get idle(): number {
    return this.running > 0 ? 0 : performance.now() - this.lastSeen;
  }

  run(session: Session, { slot, patience = 1 }: RunOptions = {}): Promise<Run | undefined> {
    if (this.finished) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      if (slot !== undefined) {
        this.fixed.set(slot, { session, patience, resolve });
        this.announced = Math.max(this.announced, slot);
      } else {
        this.followUps.push({ session, patience, resolve });
        this.holders.shift()?.();
      }
    });
  }

  alive(): Promise<Deviation | undefined> {
    const exited = this.options.exited?.();
    return Promise.resolve(
      exited === undefined
        ? undefined
        : {
            kind: "target-died",
            level: "MUST",
            section: "RFC 6455 §10.4",
            happened: `the client ended (${exited})`,
            allowed: "the client goes on",
          },
    );
  }

  /** There will be no more cases: whatever waits is told so. */
  stop(): void {
    this.finished = true;
    for (const waiting of [...this.fixed.values(), ...this.followUps.splice(0)]) waiting.resolve(undefined);
    this.fixed.clear();
    this.finish();
  }
  finish(): void {
    this.finished = true;
    for (const holder of this.holders.splice(0)) holder();
  }
  /** The driver has gone without running these cases: they will not come in this round. */
  abandonFixed(): void {
    for (const waiting of this.fixed.values()) waiting.resolve(undefined);
    this.fixed.clear();
  }

  /** The driver runs a case. */
  async serve(wire: Wire, request: Head, number: number): Promise<void> {
    this.lastSeen = performance.now();
    let waiting = this.fixed.get(number);
    if (waiting !== undefined) this.fixed.delete(number);
    else {
      waiting = this.followUps.shift();
      if (waiting === undefined && !this.finished) {
        // The campaign is deciding what to try next; a driver that skipped known cases will not run them any more.
        const timer = setTimeout(() => {
          this.abandonFixed();
        }, 3000);
        await new Promise<void>((resolve) => this.holders.push(resolve));
        clearTimeout(timer);
        waiting = this.followUps.shift();
      }
    }
    if (waiting === undefined) {
      this.unused++;
      await runOnClient(wire, request, { steps: [frame(Opcode.TEXT, "unused")] }, this.options);
      return;
    }
    this.running++;
    const options = { ...this.options, timeout: this.options.timeout * waiting.patience, grace: this.options.grace * waiting.patience };
    const run = await runOnClient(wire, request, waiting.session, options);
    this.running--;
    this.lastSeen = performance.now();
    const key = values(request, "sec-websocket-key")[0];
    if (key !== undefined && this.keys.has(key))
      run.judgement.deviations.push({
        kind: "key-reused",
        level: "MUST",
        section: "RFC 6455 §4.1",
        happened: "Sec-WebSocket-Key is that of an earlier connection",
        allowed: "a random key for each connection",
      });
    if (key !== undefined) this.keys.add(key);
    this.runs.set(number, run);
    waiting.resolve(run);
    // What is tried next is decided before the driver can ask.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface DriverServerOptions {
  port: number;
  host?: string | undefined;
  /** The campaign of this agent. */
  executor: () => ClientExecutor;
  caseInfo: (number: number) => { id: string; description: string };
  caseStatus: (number: number, agent: string) => string;
  /** An agent announced itself. */
  onAgent?: (agent: string) => void;
  onUpdateReports: (agent: string) => void;
  drive: DriveOptions;
}

/** Listens for drivers. Resolves with what is needed to stop. */
export async function serveDrivers(options: DriverServerOptions): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    const wire = new Wire(socket, true);
    void wire
      .until(() => wire.ended !== "open" || readHead(wire.head) !== undefined, 10_000)
      .then(() => {
        const request = readHead(wire.head);
        if (request === undefined) return void socket.destroy();
        return route(wire, request).catch(() => socket.destroy());
      });
  };
  /** A few words for the driver, then a closing handshake. */
  async function say(wire: Wire, request: Head, words: string | undefined): Promise<void> {
    wire.headDone(request.length);
    const key = values(request, "sec-websocket-key")[0];
    if (key === undefined) {
      wire.write(latin1("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
      wire.socket.end();
      return;
    }
    wire.write(responseBytes(DEFAULT_RESPONSE, { accept: acceptFor(key) }));
    if (words !== undefined) wire.write(stepBytes(frame(Opcode.TEXT, text(words)), "client"));
    wire.write(stepBytes(frame(Opcode.CLOSE, closePayload(1000)), "client"));
    await wire.until(() => wire.ended !== "open" || wire.scanner.closed, 5000);
    wire.socket.end();
    await wire.until(() => wire.ended !== "open", 1000);
    wire.socket.destroy();
  }
  async function route(wire: Wire, request: Head): Promise<void> {
    const target = request.start.split(" ")[1] ?? "/";
    const url = new URL(target, "ws://127.0.0.1");
    const name = url.pathname.split("/").pop();
    const number = Number(url.searchParams.get("case") ?? "0");
    const agent = url.searchParams.get("agent") ?? "client";
    if (name === "getCaseCount") return say(wire, request, String(options.executor().caseCount));
    if (name === "getCaseInfo") return say(wire, request, JSON.stringify(options.caseInfo(number)));
    if (name === "getCaseStatus") return say(wire, request, JSON.stringify({ behavior: options.caseStatus(number, agent) }));
    if (name === "updateReports") {
      options.onUpdateReports(agent);
      return say(wire, request, undefined);
    }
    if (name === "runCase") {
      options.onAgent?.(agent);
      return options.executor().serve(wire, request, number);
    }
    return say(wire, request, undefined);
  }
  const listen = (host: string, port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
      server.once("error", reject);
      server.listen(port, host, () => resolve(server));
    });
  const first = await listen(options.host ?? "127.0.0.1", options.port);
  const { port } = first.address() as { port: number };
  const servers = [first];
  // Drivers say "localhost", which may be either.
  if (options.host === undefined)
    await listen("::1", port).then(
      (second) => servers.push(second),
      () => undefined,
    );
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
