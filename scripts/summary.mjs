// Counts what passed and failed in all steps of a run; its last lines say what failed, by name, for those who see only the end of a log.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { run, runAll } from "./run.mjs";

const progress = fileURLToPath(new URL("progress.mjs", import.meta.url));

/** How many names are listed at the end. */
const MOST_NAMES = 60;

export class Summary {
  #passed = 0;
  #skipped = 0;
  #failures = [];
  #started = performance.now();

  /** With what a run before has saved; one that saved nothing has failed. */
  static continued(title, file) {
    const summary = new Summary();
    if (existsSync(file)) {
      const { passed, skipped, failures } = JSON.parse(readFileSync(file, "utf8"));
      summary.#passed = passed;
      summary.#skipped = skipped;
      summary.#failures = failures;
    } else summary.fail(`${title}: ended before it reported`);
    return summary;
  }

  save(file) {
    writeFileSync(file, JSON.stringify({ passed: this.#passed, skipped: this.#skipped, failures: this.#failures }));
  }

  get good() {
    return this.#failures.length === 0;
  }

  fail(name) {
    this.#failures.push(name);
  }

  /** Runs the commands of one step, and counts each. */
  async commands(title, tasks) {
    console.log(`\n== ${title} (${tasks.length}, after ${this.#elapsed()})`);
    const failed = await runAll(tasks);
    this.#passed += tasks.length - failed.length;
    for (const name of failed) this.fail(name);
    return failed.length === 0;
  }

  /** Runs Vitest, counts every test, and gives its report; undefined when it wrote none. */
  async tests(title, results, args, env = {}, options = {}) {
    console.log(`\n== ${title} (after ${this.#elapsed()})`);
    mkdirSync(dirname(results), { recursive: true });
    const failed = `${results}.failed`;
    for (const file of [results, failed]) rmSync(file, { force: true });
    const reporters = ["--reporter=minimal", `--reporter=${progress}`, "--reporter=json", `--outputFile.json=${results}`];
    const { status, left } = await run("vitest", ["run", ...reporters, ...args], {
      ...options,
      live: true,
      env: { ...process.env, ...env, TEST_FAILURES: resolve(failed) },
    });
    for (const line of left) this.fail(`${title}: left a process behind: ${line}`);
    if (!existsSync(results) || !existsSync(failed)) {
      this.fail(`${title}: vitest ended with ${status} before it reported`);
      return undefined;
    }
    const report = JSON.parse(readFileSync(results, "utf8"));
    this.#passed += report.numPassedTests;
    this.#skipped += report.numPendingTests;
    const failures = JSON.parse(readFileSync(failed, "utf8"));
    for (const name of failures) this.fail(name);
    if (report.numTotalTests === 0) this.fail(`${title}: no test ran`);
    else if (status !== 0 && failures.length === 0) this.fail(`${title}: an error outside every test; it is above`);
    return report;
  }

  /** The last lines of a run. Sets the exit status. */
  end() {
    if (!this.good) console.log(`\nFailed:`);
    for (const name of this.#failures.slice(0, MOST_NAMES)) console.log(`  ${name}`);
    if (this.#failures.length > MOST_NAMES) console.log(`  and ${this.#failures.length - MOST_NAMES} more`);
    console.log(`${this.#passed} passed, ${this.#failures.length} failed, ${this.#skipped} skipped, ${this.#elapsed()}`);
    process.exitCode = this.good ? 0 : 1;
  }

  #elapsed() {
    return `${((performance.now() - this.#started) / 1000).toFixed(0)} s`;
  }
}
