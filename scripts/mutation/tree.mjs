// A copy of the packages below `.cache/mutation/`, in which the sources of one package hold all their mutants.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { instrument } from "./instrument.mjs";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
const own = fileURLToPath(new URL(".", import.meta.url));

/** What is measured: sources below the repository, and the package whose tests are to notice. */
export const packages = {
  codec: { sources: "packages/codec/src/**/*.ts", tests: "packages/codec/test/**/*.test.ts" },
  protocol: { sources: "packages/protocol/src/**/*.ts", tests: "packages/protocol/test/**/*.test.ts" },
  driver: { sources: "packages/endpoint/src/driver/**/*.ts", tests: "packages/endpoint/test/**/*.test.ts" },
};

/** Test files that look at the sources as text or as built, which the copy is not, or that start other processes. */
const leftOut =
  /\/(bundle|readme|[a-z]+-readme|[a-z]+-docs-[a-z0-9]+|reachability|allocation|read-memory|testing-runners|zlib[a-z-]*|deflate-quickjs)\.test\.ts$/;

/** The mutants of one file, without a copy of anything. */
export function mutantsOf(file) {
  return instrument(file, readFileSync(join(repository, file), "utf8"), 0, "").mutants;
}

function sourcesOf(name, stateModule) {
  let nextId = 0;
  const files = globSync(packages[name].sources, { cwd: repository }).sort();
  return files.map((file) => {
    const made = instrument(file, readFileSync(join(repository, file), "utf8"), nextId, stateModule);
    nextId += made.mutants.length;
    return { file, ...made };
  });
}

/** @returns where the copy is, its mutants, and its test files */
export function buildTree(name) {
  const root = join(repository, ".cache/mutation", name);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const copied = [
    "docs",
    "package.json",
    "README.md",
    ...globSync("packages/*/{src,test,peers,scripts,package.json,*.md}", { cwd: repository }),
  ];
  for (const path of copied) cpSync(join(repository, path), join(root, path), { recursive: true });
  linkModules(root);
  const state = join(root, "state.mjs");
  cpSync(join(own, "state.mjs"), state);
  const sources = sourcesOf(name, state);
  for (const { file, text } of sources) writeFileSync(join(root, file), text);
  const mutants = sources.flatMap((source) => source.mutants);
  writeFileSync(join(root, "mutants.json"), JSON.stringify(mutants));
  return { root, mutants, tests: globSync(packages[name].tests, { cwd: root, exclude: (path) => leftOut.test(`/${path}`) }).sort() };
}

/** Our packages are those of the copy, "vitest" is the collector, and all else is found further out. */
function linkModules(root) {
  const modules = join(root, "node_modules");
  for (const file of globSync("packages/*/package.json", { cwd: root })) {
    const { name } = JSON.parse(readFileSync(join(root, file), "utf8"));
    mkdirSync(join(modules, dirname(name)), { recursive: true });
    symlinkSync(relative(join(modules, dirname(name)), join(root, dirname(file))), join(modules, name));
  }
  mkdirSync(join(modules, "vitest"));
  writeFileSync(join(modules, "vitest/package.json"), JSON.stringify({ name: "vitest", type: "module", exports: "./index.js" }));
  cpSync(join(own, "suite.mjs"), join(modules, "vitest/index.js"));
  symlinkSync(join(repository, "node_modules/vitest"), join(modules, "vitest-itself"));
}
