/** The target as a child process: started, watched, restarted. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";

export class Spawned {
  private child: ChildProcess | undefined;
  private exit: string | undefined;
  private stopping = false;
  private readonly command: string;
  restarts = 0;

  constructor(command: string) {
    this.command = command;
  }

  start(): void {
    this.exit = undefined;
    this.stopping = false;
    // `exec` makes the child the target itself, so that its memory can be seen; a compound command keeps its shell.
    const simple = !/[;&|<>()$`]/.test(this.command);
    const child = spawn(simple ? `exec ${this.command}` : this.command, {
      shell: true,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4000);
    });
    /** The line of its complaint that says most. */
    const complaint = (): string => {
      const lines = errors.split("\n").filter((line) => line.trim() !== "");
      const line = lines.findLast((each) => /error|panic|abort|fatal/i.test(each)) ?? lines[lines.length - 1];
      return line === undefined ? "" : `: ${line.trim().slice(0, 120)}`;
    };
    this.child = child;
    child.on("error", (error) => {
      if (this.child === child) this.exit = error.message;
    });
    child.on("exit", (code, signal) => {
      if (this.child === child && !this.stopping)
        this.exit =
          signal === null ? (code === 0 ? "exit status 0" : `exit status ${code}${complaint()}`) : `signal ${signal}${complaint()}`;
    });
  }

  exited(): string | undefined {
    return this.exit;
  }
  /** The exit, if it was not a quiet end. */
  crashed(): string | undefined {
    return this.exit === undefined || this.exit === "exit status 0" ? undefined : this.exit;
  }

  /** Resident memory in bytes. Linux only. */
  memory(): number | undefined {
    try {
      return Number(readFileSync(`/proc/${this.child?.pid}/statm`, "latin1").split(" ")[1]) * 4096;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.stopping = true;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once("exit", resolve));
    try {
      // Its whole group: the shell, if there is one, and what it started.
      process.kill(-child.pid, "SIGKILL");
    } catch {
      child.kill("SIGKILL");
    }
    await over;
  }

  async restart(ready: () => Promise<boolean>): Promise<void> {
    this.restarts++;
    await this.stop();
    this.start();
    await ready();
  }
}

/** Waits until a port answers. false: it did not within the time, or the process ended. */
export async function answering(url: string, ms: number, exited: () => string | undefined): Promise<boolean> {
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
