// Would JSR take codec, protocol, endpoint and deno? Compares each jsr.json with its package.json, then lets Deno simulate publishing all four.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import { run } from "./run.mjs";

const packages = ["codec", "protocol", "endpoint", "deno"];

/** Where jsr.json and package.json say different things. */
function differences(folder) {
  const read = (file) => JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
  const [npm, jsr] = [read("package.json"), read("jsr.json")];
  const entries = Object.entries(npm.exports).filter(([, target]) => typeof target === "object");
  const published = Object.fromEntries(entries.map(([name, target]) => [name, target["@ws/source"]]));
  const imports = Object.entries(npm.dependencies ?? {}).map(([name, version]) => [
    name,
    `${name.startsWith("@ws/") ? "jsr" : "npm"}:${name}@${version}`,
  ]);
  const expected = {
    name: npm.name,
    version: npm.version,
    license: npm.license,
    exports: entries.length === 1 ? published["."] : published,
    imports: Object.fromEntries(imports),
  };
  const sorted = (value) => JSON.stringify(typeof value === "object" ? Object.entries(value).sort() : value);
  return Object.entries(expected)
    .filter(([field, value]) => sorted(jsr[field] ?? {}) !== sorted(value))
    .map(([field, value]) => `${folder}/jsr.json: "${field}" has to be ${JSON.stringify(value)}`);
}

function npmDependencies() {
  const all = packages.flatMap((name) => Object.keys(JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")).dependencies ?? {}));
  return new Set(all.filter((name) => !name.startsWith("@ws/")));
}

/** Deno finds siblings that are not published yet in its workspace. Here it is made of copies: the repository itself is none of Deno's. */
async function dryRun() {
  const workspace = mkdtempSync(join(tmpdir(), "ws-jsr-"));
  try {
    for (const name of packages) {
      const include = JSON.parse(readFileSync(`packages/${name}/jsr.json`, "utf8")).publish.include;
      // A tsconfig.json that extends ours is not published, and Deno must not read it.
      for (const path of include)
        cpSync(`packages/${name}/${path}`, `${workspace}/${name}/${path}`, {
          recursive: true,
          filter: (source) => basename(source) !== "tsconfig.json",
        });
    }
    writeFileSync(`${workspace}/deno.json`, JSON.stringify({ workspace: packages.map((name) => `./${name}`), nodeModulesDir: "manual" }));
    // Only what they import, and the types that Deno wants for modules of `node:`, so that nothing is fetched.
    for (const name of [...npmDependencies(), "@types/node", "undici-types"]) {
      mkdirSync(dirname(`${workspace}/node_modules/${name}`), { recursive: true });
      symlinkSync(resolve("node_modules", name), `${workspace}/node_modules/${name}`);
    }
    return await run("deno", ["publish", "--dry-run", "--allow-dirty"], { cwd: workspace, env: { ...process.env, NO_COLOR: "1" } });
  } finally {
    rmSync(workspace, { recursive: true });
  }
}

const wrong = packages.flatMap((name) => differences(`packages/${name}`));
const { status, output } = await dryRun();
const simulated = packages.filter((name) => output.includes(`Simulating publish of @ws/${name}@`));
if (status !== 0 || simulated.length !== packages.length) wrong.push(output);
console.log(wrong.length === 0 ? `JSR would take ${simulated.join(", ")}.` : wrong.join("\n"));
process.exitCode = wrong.length === 0 ? 0 : 1;
