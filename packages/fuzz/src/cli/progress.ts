/** Progress on one line of a terminal, or a plain line every few seconds. */
export class Progress {
  #last = 0;
  #lastSessions = 0;
  #rate = 0;
  readonly #started: number = performance.now();
  readonly #terminal: boolean = process.stderr.isTTY === true;
  readonly #quiet: boolean;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  readonly update = (done: number, total: number, sessions: number, what: string): void => {
    if (this.#quiet) return;
    const now = performance.now();
    const elapsed = now - this.#last;
    if (elapsed < (this.#terminal ? 200 : 5000)) return;
    this.#rate = ((sessions - this.#lastSessions) / elapsed) * 1000;
    this.#last = now;
    this.#lastSessions = sessions;
    const average = sessions / ((now - this.#started) / 1000);
    const left = average > 0 && done < total ? `${Math.ceil((total - done) / average)} s left` : "confirming";
    const line = `${done}/${total}  ${Math.round(this.#rate)}/s  ${left}  ${what}`;
    process.stderr.write(this.#terminal ? `\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`);
  };

  end(): void {
    if (this.#terminal && !this.#quiet) process.stderr.write("\r\u001b[K");
  }
}
