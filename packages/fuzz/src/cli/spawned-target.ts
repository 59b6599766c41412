/** A server under test as a child process: it is ready when its port answers, and comes back when it has died. */
import { connect } from "node:net";

import type { TargetWatch } from "../tcp/server-executor.ts";
import { Spawned } from "./spawn.ts";
import { Usage } from "./usage.ts";

/** Milliseconds that a target has to listen. */
const READY = 15_000;

export class SpawnedTarget implements TargetWatch {
  restarts = 0;
  readonly #child: Spawned;
  readonly #url: string;

  private constructor(command: string, url: string) {
    this.#child = new Spawned(command);
    this.#url = url;
  }

  /** Resolves when it listens at the URL. */
  static async start(command: string, url: string): Promise<SpawnedTarget> {
    const target = new SpawnedTarget(command, url);
    target.#child.start();
    if (await target.#ready()) return target;
    await target.stop();
    const exited = target.exited();
    throw new Usage(`the spawned target does not listen at ${url}${exited === undefined ? "" : ` (${exited})`}`);
  }

  exited(): string | undefined {
    return this.#child.exited();
  }
  memory(): number | undefined {
    return this.#child.memory();
  }
  stop(): Promise<void> {
    return this.#child.stop();
  }

  async restart(): Promise<void> {
    this.restarts++;
    await this.#child.stop();
    this.#child.start();
    await this.#ready();
  }

  #ready(): Promise<boolean> {
    return answering(this.#url, READY, () => this.exited());
  }
}

/** Waits until a port answers. false: it did not within the time, or the process ended. */
async function answering(url: string, ms: number, exited: () => string | undefined): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const until = performance.now() + ms;
  while (performance.now() < until && exited() === undefined) {
    const ok = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "wss:" ? 443 : 80)) }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
