// Runs the fuzzer against our adapters and against other projects' released implementations, both roles, and writes reports into
// .cache/fuzz-peers (never committed: unfixed defects are for their maintainers to hear first).
//   node packages/fuzz/peers/run.mjs [seconds] [name …]
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const out = join(root, ".cache/fuzz-peers");
mkdirSync(out, { recursive: true });
const bin = (name) => join(root, "node_modules/.bin", name);
const node = [process.execPath, "--conditions=@ws/source"];
const deno = [bin("deno"), "run", "-A", "--conditions=@ws/source"];
const bun = [bin("bun"), "--conditions=@ws/source"];
const [seconds = "60", ...only] = process.argv.slice(2);
const cli = join(here, "../src/cli/main.ts");

const servers = {
  "@ws/node": [...node, join(root, "examples/echo/node.ts"), "--port", "0", "--deflate"],
  "@ws/deno": [...deno, join(root, "examples/echo/deno.ts"), "--port", "0", "--deflate"],
  "@ws/bun": [...bun, join(root, "examples/echo/bun.ts"), "--port", "0", "--deflate"],
  ws: [process.execPath, join(here, "servers.mjs"), "ws"],
  websocket: [process.execPath, join(here, "servers.mjs"), "websocket"],
  "faye-websocket": [process.execPath, join(here, "servers.mjs"), "faye"],
  bun: [bin("bun"), join(here, "native-server.mjs")],
  deno: [bin("deno"), "run", "-A", join(here, "native-server.mjs")],
};
const clients = {
  "@ws/node": (url) => [...node, join(root, "examples/driver/node.ts"), "--url", url, "--agent", "@ws/node", "--deflate"],
  "@ws/deno": (url) => [...deno, join(root, "examples/driver/deno.ts"), "--url", url, "--agent", "@ws/deno", "--deflate"],
  "@ws/bun": (url) => [...bun, join(root, "examples/driver/bun.ts"), "--url", url, "--agent", "@ws/bun", "--deflate"],
  ws: (url) => [process.execPath, join(here, "driver.mjs"), "ws", url],
  websocket: (url) => [process.execPath, join(here, "driver.mjs"), "websocket", url],
  "faye-websocket": (url) => [process.execPath, join(here, "driver.mjs"), "faye", url],
  undici: (url) => [process.execPath, join(here, "driver.mjs"), "undici", url],
  node: (url) => [process.execPath, join(here, "driver.mjs"), "native", url],
  bun: (url) => [bin("bun"), join(here, "driver.mjs"), "native", url],
  deno: (url) => [bin("deno"), "run", "-A", join(here, "driver.mjs"), "native", url],
};

function firstUrl(stream) {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
      const url = /ws:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (url !== null) resolve(url[0]);
    });
  });
}
const ended = (child) => new Promise((resolve) => child.once("exit", resolve));
function show(role, name, file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.log(`${role} ${name}: no report`);
    return 1;
  }
  const count = {};
  for (const { verdict } of report.results) count[verdict] = (count[verdict] ?? 0) + 1;
  console.log(`${role} ${name}: ${JSON.stringify(count)}, ${report.sessions} sessions in ${report.seconds} s`);
  for (const result of report.results)
    for (const finding of result.findings)
      if (result.verdict === "fail")
        console.log(
          `    ${result.id}: ${finding.section}: ${finding.happened} [${finding.exchange.slice(0, 4).join(" · ").slice(0, 160)}]`,
        );
  return name.startsWith("@ws/") &&
    report.results.some(({ verdict }) => verdict === "fail" || verdict === "warn" || verdict === "inconclusive")
    ? 1
    : 0;
}
let status = 0;
const wanted = (name) => only.length === 0 || only.includes(name);
for (const [name, [command, ...args]] of Object.entries(servers)) {
  if (!wanted(name)) continue;
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const url = await firstUrl(child.stdout);
  const file = join(out, `server-${name.replace(/\W+/g, "-")}.json`);
  await ended(
    spawn(
      process.execPath,
      [
        "--conditions=@ws/source",
        cli,
        "server",
        url,
        "--time",
        `${seconds}s`,
        "--runs",
        "1000000",
        "--seed",
        "7",
        "--quiet",
        "--json",
        file,
        "--html",
        file.replace(/json$/, "html"),
        "--out",
        join(out, "sessions"),
      ],
      { stdio: "ignore" },
    ),
  );
  child.kill("SIGKILL");
  status |= show("server", name, file);
}
for (const [name, driver] of Object.entries(clients)) {
  if (!wanted(name)) continue;
  const file = join(out, `client-${name.replace(/\W+/g, "-")}.json`);
  const fuzzer = spawn(
    process.execPath,
    [
      "--conditions=@ws/source",
      cli,
      "client",
      "--port",
      "0",
      "--once",
      "--runs",
      String(Math.ceil(Number(seconds) * 4)),
      "--seed",
      "7",
      "--quiet",
      "--json",
      file,
      "--html",
      file.replace(/json$/, "html"),
      "--out",
      join(out, "sessions"),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const url = await firstUrl(fuzzer.stderr);
  const [command, ...args] = driver(url);
  const child = spawn(command, args, { cwd: root, stdio: "ignore" });
  const timer = setTimeout(() => fuzzer.kill("SIGKILL"), 300_000);
  await ended(fuzzer);
  clearTimeout(timer);
  child.kill("SIGKILL");
  status |= show("client", name, file);
}
process.exitCode = status;
