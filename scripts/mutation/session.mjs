// Processes that try mutants (worker.mjs), two at a time; one that comes back no more is ended, which is a way to be noticed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const worker = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** What loading may take, and a place before which the process says nothing (ms). */
const LOADING = 60_000;

export class Session {
  #tree;
  #folder;
  #children = new Set();
  #jobs = 0;

  constructor(tree) {
    this.#tree = tree;
    this.#folder = mkdtempSync(join(tree.root, "jobs-"));
  }

  /** Ends all processes. */
  close() {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs one worker; `heard` gets each line. Resolves with what it was at when it was ended or ended itself without being done. */
  #run(job, heard) {
    const path = join(this.#folder, `${this.#jobs++}.json`);
    writeFileSync(path, JSON.stringify({ root: this.#tree.root, tests: this.#tree.tests, ...job }));
    const child = spawn(process.execPath, ["--conditions=@ws/source", "--no-warnings", "--max-old-space-size=3000", worker, path], {
      stdio: ["ignore", process.env.MUTATION_ERRORS ? "inherit" : "ignore", process.env.MUTATION_ERRORS ? "inherit" : "ignore", "pipe"],
      // Properties run less often than in `npm test`: a mutant that is alive after a few values is rarely noticed by more of them.
      // Half of what a short process takes is making JavaScript of TypeScript, which Node can keep.
      env: { FAST_CHECK_RUNS: "25", NODE_COMPILE_CACHE: join(this.#tree.root, "../compiled"), ...process.env },
    });
    this.#children.add(child);
    return new Promise((resolve) => {
      let at = undefined;
      let timer = setTimeout(() => child.kill("SIGKILL"), LOADING);
      let done = false;
      createInterface(child.stdio[3]).on("line", (line) => {
        const told = JSON.parse(line);
        if (told.begins !== undefined) at = told;
        if (told.done) done = true;
        clearTimeout(timer);
        timer = setTimeout(() => child.kill("SIGKILL"), told.patience === undefined ? LOADING * 3 : 1_000 + told.patience * 1.2);
        heard(told);
      });
      child.on("close", () => {
        clearTimeout(timer);
        this.#children.delete(child);
        rmSync(path);
        resolve(done ? undefined : { at });
      });
    });
  }

  /** Every test once: which places each reaches, how long it takes, and which cannot run here. Files that have not changed since are not run again. */
  async survey() {
    const { root, tests, mutants } = this.#tree;
    const path = join(root, `../survey-${basename(root)}.json`);
    const collector = readFileSync(new URL("suite.mjs", import.meta.url), "utf8");
    const key = JSON.stringify([collector, mutants.map(({ file, text, change }) => [file, text, change])]);
    const kept = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
    const survey = kept.key === key ? kept : { key, loaded: [], files: {} };
    const texts = new Map(tests.map((file) => [file, readFileSync(join(root, file), "utf8")]));
    const files = tests.filter((file) => survey.files[file]?.text !== texts.get(file));
    for (const file of files) survey.files[file] = { text: texts.get(file), tests: [] };
    if (files.length > 0) {
      const stopped = await this.#run({ work: "survey", files }, (told) => {
        if (told.unloaded) console.log(`left out, since it cannot be loaded here: ${told.unloaded}: ${told.why}`);
        if (told.loaded) survey.loaded = told.loaded;
        if (told.test !== undefined) survey.files[told.file].tests.push(told);
      });
      if (stopped !== undefined) throw new Error(`the tests do not run without a mutant: stopped at ${JSON.stringify(stopped.at)}`);
      writeFileSync(path, JSON.stringify(survey));
    }
    return { loaded: new Map(survey.loaded), tests: tests.flatMap((file) => survey.files[file].tests) };
  }

  /** Tries mutants that act in functions only. */
  async attempt(ids, plan, found) {
    let rest = ids;
    while (rest.length > 0) {
      const tried = new Set();
      const own = Object.fromEntries(rest.map((id) => [id, plan[id]]));
      const stopped = await this.#run({ work: "try", ids: rest, plan: own }, ({ result }) => {
        // A process that an earlier mutant has spoilt: once more in a fresh one.
        if (result === undefined || (result.spoilt && result.by === undefined)) return;
        tried.add(result.id);
        found(result);
      });
      if (stopped?.at !== undefined && !tried.has(stopped.at.begins)) {
        tried.add(stopped.at.begins);
        found({ id: stopped.at.begins, by: stopped.at.test, why: "did not come back" });
      } else if (stopped !== undefined && tried.size === 0) throw new Error("a worker ended before its first mutant");
      rest = rest.filter((id) => !tried.has(id));
    }
  }

  /**
   * Tries one that acts while modules are loaded: in a process of its own. The tests that have noticed its neighbours come first, alone: most of the time
   * goes into loading all the others.
   */
  async attemptLoading(id, likely, tests, found) {
    let result = undefined;
    for (const plan of likely.length > 0 ? [likely, tests] : [tests]) {
      result = undefined;
      const files = plan === likely ? [...new Set(likely.map(({ test }) => test.replace(/#\d+$/, "")))] : this.#tree.tests;
      const stopped = await this.#run({ work: "try", ids: [id], tests: files, plan: { all: plan }, active: id }, (told) => {
        result = told.result ?? result;
      });
      const { at } = stopped ?? {};
      result ??= { id, by: at?.test, why: at === undefined ? "could not be loaded" : "did not come back" };
      if (result.why !== undefined) break;
    }
    found(result);
  }
}
