/** Runs sessions against a server, and finds out whether it still works. */
import { agreementOf } from "../rfc/deflate-negotiation.ts";
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Executor, SessionRun, RunOptions } from "../run/executor.ts";
import { frameStep, type Session } from "../sessions/session.ts";
import { Opcode } from "../wire/frame.ts";
import { readHead } from "../wire/head.ts";
import type { DriveOptions } from "./play.ts";
import { HandshakeKeys, runOnServer, type ServerTarget } from "./run-on-server.ts";

export interface TargetWatch {
  /** undefined: it runs. */
  exited(): string | undefined;
  restart(): Promise<void>;
  memory(): number | undefined;
}

export interface ServerExecutorOptions extends DriveOptions {
  readonly seed: number;
  readonly concurrency: number;
  readonly watch?: TargetWatch | undefined;
}

export class ServerExecutor implements Executor {
  readonly target = "server" as const;
  readonly name: string;
  readonly concurrency: number;
  agreement?: NonNullable<Executor["agreement"]>;
  readonly restarts: boolean;
  readonly #keys: HandshakeKeys;
  readonly #server: ServerTarget;
  readonly #options: ServerExecutorOptions;

  constructor(server: ServerTarget, options: ServerExecutorOptions) {
    this.#server = server;
    this.#options = options;
    this.name = server.url;
    this.restarts = options.watch !== undefined;
    this.concurrency = options.concurrency;
    this.#keys = new HandshakeKeys(options.seed);
  }

  /** First contact: whether there is a WebSocket server, and what it agrees to. undefined: fine. */
  async probe(): Promise<string | undefined> {
    const plain = await this.run({ steps: [frameStep(Opcode.TEXT, "ws-fuzz")] });
    if (plain.transcript.error !== undefined) return plain.transcript.error;
    if (plain.transcript.responseBytes.length === 0) return "no response to a WebSocket handshake";
    const offered = await this.run({ steps: [], extensions: "permessage-deflate" });
    const response = readHead(offered.transcript.responseBytes);
    const request = readHead(offered.transcript.requestBytes);
    this.agreement = response === undefined || request === undefined ? {} : agreementOf(response, request);
    return undefined;
  }

  async run(session: Session, { patience = 1 }: RunOptions = {}): Promise<SessionRun> {
    const options = { ...this.#options, timeout: this.#options.timeout * patience, grace: this.#options.grace * patience };
    const run = await runOnServer(this.#server, session, this.#keys.next(), options);
    if (run.transcript.error === undefined) return run;
    const exited = this.#options.watch?.exited();
    if (exited === undefined) return run;
    await this.#options.watch!.restart();
    return runOnServer(this.#server, session, this.#keys.next(), options);
  }

  async alive(): Promise<Deviation | undefined> {
    const { watch } = this.#options;
    let exited = watch?.exited();
    if (exited === undefined) {
      const run = await runOnServer(this.#server, { steps: [frameStep(Opcode.PING, "alive?")] }, this.#keys.next(), {
        ...this.#options,
        timeout: Math.max(3000, this.#options.timeout),
      });
      exited = watch?.exited();
      if (
        exited === undefined &&
        run.transcript.error === undefined &&
        !run.judgement.deviations.some(
          (each) =>
            each.kind === "pong-missing" ||
            each.kind.startsWith("handshake-unanswered") ||
            each.kind === "handshake-refused" ||
            each.kind === "failed-legal",
        )
      )
        return undefined;
      if (exited === undefined) {
        await watch?.restart();
        return {
          kind: run.transcript.error === undefined ? "target-hung" : "target-died",
          level: "MUST",
          section: "RFC 6455 §10.4",
          happened:
            run.transcript.error === undefined
              ? "afterwards a new connection got no answer in time"
              : `afterwards there was ${run.transcript.error}`,
          allowed: "other connections are not harmed",
        };
      }
    }
    await watch!.restart();
    return {
      kind: "target-died",
      level: "MUST",
      section: "RFC 6455 §10.4",
      happened: `the target ended (${exited})`,
      allowed: "other connections are not harmed",
    };
  }

  memory(): number | undefined {
    return this.#options.watch?.memory();
  }
}
