// A reporter for Vitest: how far the tests are. In a terminal one line that changes; in a log a line every twenty seconds. At the end it
// writes the name of everything that failed into the file that TEST_FAILURES names: Vitest's own report in JSON knows of no failed hook.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

const LOG_INTERVAL = 20_000;
const TERMINAL_INTERVAL = 1_000;

export default class Progress {
  #files = 0;
  #ended = 0;
  #passed = 0;
  #failures = [];
  #started = 0;
  #running = new Set();
  #timer;

  onTestRunStart(specifications) {
    this.#files = specifications.length;
    this.#started = performance.now();
    this.#timer = setInterval(() => this.#print(), process.stdout.isTTY ? TERMINAL_INTERVAL : LOG_INTERVAL).unref();
  }

  onTestModuleStart({ moduleId }) {
    this.#running.add(nameOf(moduleId));
  }

  onTestModuleEnd(module) {
    this.#running.delete(nameOf(module.moduleId));
    this.#ended++;
    this.#fail(nameOf(module.moduleId), module.errors());
  }

  onTestSuiteResult(suite) {
    this.#fail(`${nameOf(suite.module.moduleId)} > ${suite.fullName}`, suite.errors());
  }

  onTestCaseResult(test) {
    const { state, errors } = test.result();
    if (state === "passed") this.#passed++;
    if (state === "failed") this.#fail(`${nameOf(test.module.moduleId)} > ${test.fullName}`, errors.slice(0, 1));
  }

  onTestRunEnd(_, unhandled) {
    clearInterval(this.#timer);
    this.#fail("outside every test", unhandled);
    this.#print();
    if (process.stdout.isTTY) process.stdout.write("\n");
    if (process.env.TEST_FAILURES) writeFileSync(process.env.TEST_FAILURES, JSON.stringify(this.#failures));
  }

  #fail(name, errors) {
    for (const { message = "" } of errors) {
      const failure = `${name}: ${stripVTControlCharacters(message).split("\n", 1)[0].slice(0, 200)}`;
      this.#failures.push(failure);
      // At once: what fails first is often the reason of the rest.
      console.log(`FAILED ${failure}`);
    }
  }

  #print() {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0);
    const now = this.#running.size > 0 ? `; now ${[...this.#running].join(", ")}` : "";
    const line = `tests: ${this.#ended} of ${this.#files} files, ${this.#passed} passed, ${this.#failures.length} failed, ${seconds} s${now}`;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line.slice(0, process.stdout.columns - 1)}`);
    else console.log(line);
  }
}

function nameOf(moduleId) {
  return relative(process.cwd(), moduleId);
}
