/** Speaks to a server under test: one session on one connection. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { agreementOf } from "../rfc/deflate-negotiation.ts";
import { judgeTranscript } from "../rfc/judge/judge.ts";
import type { Transcript } from "../rfc/judge/transcript.ts";
import { completedSession } from "../rfc/oracle.ts";
import type { SessionRun } from "../run/executor.ts";
import { planOf } from "../sessions/plan.ts";
import { cutOffsets, type Headers, requestBytes, requestOf, type Session } from "../sessions/session.ts";
import { EMPTY } from "../wire/bytes.ts";
import { readHead } from "../wire/head.ts";
import { type DriveOptions, play } from "./play.ts";
import { transcriptOf } from "./transcript.ts";
import { Wire, writeCut } from "./wire.ts";

export interface ServerTarget {
  readonly url: string;
  readonly headers?: Headers | undefined;
  readonly subprotocol?: string | undefined;
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** Sixteen bytes in base64 that differ from call to call and not from run to run. */
export class HandshakeKeys {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): string {
    const bytes = Buffer.alloc(16);
    for (let index = 0; index < 16; index++) {
      // xorshift of a Weyl sequence: keys need not be secret here.
      this.#state = (this.#state + 0x9e3779b9) >>> 0;
      let value = this.#state;
      value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
      value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
      bytes[index] = (value ^ (value >>> 16)) & 0xff;
    }
    return bytes.toString("base64");
  }
}

function open(target: ServerTarget, timeout: number): Promise<Socket> {
  const url = new URL(target.url);
  const secure = url.protocol === "wss:";
  const port = Number(url.port || (secure ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectTls({
          host,
          port,
          rejectUnauthorized: target.insecure !== true,
          ...(target.ca === undefined ? {} : { ca: target.ca }),
          ...(/^[\d.:]+$/.test(host) ? {} : { servername: host }),
          ALPNProtocols: ["http/1.1"],
        })
      : connectTcp({ host, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeout} ms`)), timeout);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", fail);
    socket.once(secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** Plays and judges one session. */
export async function runOnServer(target: ServerTarget, session: Session, key: string, options: DriveOptions): Promise<SessionRun> {
  const started = performance.now();
  const url = new URL(target.url);
  const values = { host: url.host, target: `${url.pathname}${url.search}`, key };
  const own: Headers = [
    ...(target.headers ?? []),
    ...(target.subprotocol === undefined || session.subprotocols !== undefined
      ? []
      : [["Sec-WebSocket-Protocol", target.subprotocol] as const]),
  ];
  const spec = requestOf(session, own);
  const head = requestBytes(spec, values);
  let socket: Socket;
  try {
    socket = await open(target, Math.max(options.timeout, 2000));
  } catch (error) {
    const transcript: Transcript = {
      target: "server",
      requestBytes: head,
      responseBytes: EMPTY,
      received: EMPTY,
      ended: "open",
      wrote: 0,
      closedTcp: false,
      timedOut: false,
      duration: performance.now() - started,
      error: `no connection: ${(error as Error).message}`,
    };
    return { session, transcript, judgement: judgeTranscript(session, transcript, options) };
  }
  const wire = new Wire(socket, true);
  let alreadyWritten = 0;
  if (session.early === true) {
    const plan = planOf(session.steps, "server");
    const first = plan.marks[0]?.at ?? plan.bytes.length;
    wire.write(Buffer.concat([head, plan.bytes.subarray(0, first)]));
    alreadyWritten = first;
  } else if (session.cutHandshake === true) await writeCut(wire, head, cutOffsets(session.cuts, head.length), session.gap ?? 0);
  else wire.write(head);
  const inTime = await wire.until(() => wire.ended !== "open" || readHead(wire.head) !== undefined, options.timeout);
  const response = readHead(wire.head);
  if (response === undefined || !/^HTTP\/\d\.\d 101( |$)/.test(response.start)) {
    const heads = { request: head, response: response === undefined ? EMPTY : wire.head.slice(0, response.length) };
    const transcript = transcriptOf("server", wire, heads, { timedOut: !inTime }, started);
    socket.destroy();
    return { session, transcript, judgement: judgeTranscript(session, transcript, options) };
  }
  wire.headDone(response.length);
  const requestHead = readHead(head);
  const agreement = requestHead === undefined ? {} : agreementOf(response, requestHead);
  const whole = completedSession(session, "server", agreement);
  const played = await play(wire, whole, "server", agreement, options, alreadyWritten);
  const transcript = transcriptOf("server", wire, { request: head, response: wire.head }, played, started);
  return { session: whole, transcript, judgement: judgeTranscript(whole, transcript, options) };
}
