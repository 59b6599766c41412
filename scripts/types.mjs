// Type-checks every tsconfig*.json under packages/, examples/ and scripts/: with TypeScript 7, which takes a tenth of the time, or, with
// the argument `typescript`, with TypeScript 6, which lint and build use. CI does both.
//
// Configurations with the same options are checked as one program: it reads and checks the sources that they share once, not once for each.
// In such a program a file sees what the others declare globally. With `alone` (CI) every configuration is a program of its own.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { runAll } from "./run.mjs";

const generated = "node_modules/.cache/types";

function configurations(folders = ["packages/*", "examples/*", "scripts"]) {
  return globSync(
    folders.flatMap((folder) => [`${folder}/tsconfig*.json`, `${folder}/{src,types}/**/tsconfig.json`]),
    { exclude: (path) => path.includes("node_modules") },
  ).sort();
}

/** A configuration with all that it extends, its paths absolute. */
function read(config) {
  const folder = dirname(resolve(config));
  const { extends: base, compilerOptions = {}, include, exclude = [] } = JSON.parse(readFileSync(config, "utf8"));
  const inherited = base === undefined ? { options: {}, include: [], exclude: [] } : read(join(folder, base));
  const { paths, ...options } = compilerOptions;
  const absolute = Object.entries(paths ?? {}).map(([name, targets]) => [name, targets.map((target) => join(folder, target))]);
  return {
    options: { ...inherited.options, ...options, ...(paths && { paths: Object.fromEntries(absolute) }) },
    include: include?.map((path) => join(folder, path)) ?? inherited.include,
    exclude: [...exclude.map((path) => join(folder, path)), ...inherited.exclude],
  };
}

function filesOf({ include, exclude }) {
  const isExcluded = (file) => file.includes("/node_modules/") || exclude.some((path) => file === path || file.startsWith(`${path}/`));
  const files = globSync(include.flatMap((path) => (/\.ts$/.test(path) ? [path] : [`${path}/**/*.ts`])));
  return files.filter((file) => !isExcluded(file));
}

/** A program for each set of options; a configuration that shares its options with no other is used as it is. */
function programs(configs) {
  const groups = Map.groupBy(configs, (config) => JSON.stringify(Object.entries(read(config).options).sort()));
  mkdirSync(generated, { recursive: true });
  // The largest first, so that none is waited for alone at the end.
  const largestFirst = [...groups.values()].sort((a, b) => b.length - a.length);
  return largestFirst.map((members, index) => {
    if (members.length === 1) return { name: members[0], config: members[0] };
    const config = `${generated}/${index}.json`;
    const files = [...new Set(members.flatMap((member) => filesOf(read(member))))];
    writeFileSync(config, JSON.stringify({ compilerOptions: read(members[0]).options, files }, undefined, 2));
    return { name: members.join(" "), config };
  });
}

/** @param {{ compiler?: "typescript7" | "typescript", alone?: boolean, folders?: readonly string[] }} options `folders`: only the configurations in them */
export function typeChecks({ compiler = "typescript7", alone = false, folders } = {}) {
  const configs = configurations(folders);
  const checked = alone ? configs.map((config) => ({ name: config, config })) : programs(configs);
  return checked.map(({ name, config }) => ({
    name: `types ${name}`,
    command: "node",
    args: [`node_modules/${compiler}/bin/tsc`, "-p", config],
  }));
}

if (import.meta.main) process.exitCode = (await runAll(typeChecks({ compiler: process.argv[2] }))).length;
