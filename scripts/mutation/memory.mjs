// What became of each mutant in the last run: kept below `.cache/`, so that only what is alive has to be tried again.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { keyOf } from "./instrument.mjs";
import { repository } from "./tree.mjs";

/** Results of the mutants of one package, in `.cache/`. A file that has changed is to be tried anew. */
export class Memory {
  #path;
  #results;
  #hashes = new Map();

  constructor(name) {
    this.#path = join(repository, ".cache/mutation", `${name}.json`);
    try {
      this.#results = JSON.parse(readFileSync(this.#path, "utf8"));
    } catch {
      this.#results = {};
    }
  }

  #hashOf(file) {
    let hash = this.#hashes.get(file);
    if (hash === undefined) {
      hash = createHash("sha256")
        .update(readFileSync(join(repository, file)))
        .digest("hex");
      this.#hashes.set(file, hash);
    }
    return hash;
  }

  /** `undefined`: not tried. `by` undefined: not noticed. */
  of(mutant) {
    const result = this.#results[keyOf(mutant)];
    return result?.hash === this.#hashOf(mutant.file) ? result : undefined;
  }

  set(mutant, notice) {
    this.#results[keyOf(mutant)] = { hash: this.#hashOf(mutant.file), ...notice };
  }

  write() {
    mkdirSync(join(repository, ".cache/mutation"), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(this.#results));
  }
}
