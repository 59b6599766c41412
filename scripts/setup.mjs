// Installs what package-lock.json pins, when it is not what is installed already.
// Runs on whatever Node the machine has (>= 20.19); everything after it runs on the carried one.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old to start from: install Node 20.19 or newer.`);
  process.exit(1);
}

/** What an installation depends on: the manifests, the lock file, the platform. */
function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const packages = readdirSync("packages").map((name) => `packages/${name}/package.json`);
  for (const file of ["package.json", "package-lock.json", ...packages]) if (existsSync(file)) hash.update(readFileSync(file));
  return hash.digest("hex");
}

const stamp = "node_modules/.cache/setup";
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint()) {
  console.log("Installing dependencies (runtimes included; about a minute the first time) …");
  // Not `npm ci`: it refuses a lock file in which a platform's optional package was not published at the pinned version.
  // Not saved: npm would write a lock file without the optional packages of other platforms that its registry does not have.
  const { status } = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "inherit" });
  if (status !== 0) {
    console.error("npm install failed; the message above says why.");
    process.exit(status ?? 1);
  }
  mkdirSync("node_modules/.cache", { recursive: true });
  writeFileSync(stamp, fingerprint());
}
