/** A command as a child process: started, watched, stopped with everything that it started. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

export class Spawned {
  #child: ChildProcess | undefined;
  #exit: string | undefined;
  #stopping = false;
  readonly #command: string;

  constructor(command: string) {
    this.#command = command;
  }

  start(): void {
    this.#exit = undefined;
    this.#stopping = false;
    // `exec` makes the child the target itself, so that its memory can be seen; a compound command keeps its shell.
    const simple = !/[;&|<>()$`]/.test(this.#command);
    const child = spawn(simple ? `exec ${this.#command}` : this.#command, {
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
    this.#child = child;
    child.on("error", (error) => {
      if (this.#child === child) this.#exit = error.message;
    });
    child.on("exit", (code, signal) => {
      if (this.#child === child && !this.#stopping)
        this.#exit =
          signal === null ? (code === 0 ? "exit status 0" : `exit status ${code}${complaint()}`) : `signal ${signal}${complaint()}`;
    });
  }

  exited(): string | undefined {
    return this.#exit;
  }
  /** The exit, if it was not a quiet end. */
  crashed(): string | undefined {
    return this.#exit === undefined || this.#exit === "exit status 0" ? undefined : this.#exit;
  }

  /** Resident memory in bytes. Linux only. */
  memory(): number | undefined {
    try {
      return Number(readFileSync(`/proc/${this.#child?.pid}/statm`, "latin1").split(" ")[1]) * 4096;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#stopping = true;
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
}
