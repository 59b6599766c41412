// npm run test:ecosystem: each library's main job on our WebSocket, in Node, Deno and Bun, against its real server.
// Arguments choose: a library's or a runtime's name.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../../node_modules/.bin/", import.meta.url));
const runtimes = {
  Node: [`${bin}node`, "--conditions=@ws/source"],
  Deno: [`${bin}deno`, "run", "--allow-all", "--no-lock", "--conditions=@ws/source"],
  Bun: [`${bin}bun`, "--conditions=@ws/source"],
};
const libraries = {
  "graphql-ws": "graphql-ws",
  "@stomp/stompjs": "stompjs",
  mqtt: "mqtt",
  "reconnecting-websocket": "echo",
  partysocket: "echo",
  "y-websocket": "y-websocket",
  "engine.io-client": "engine.io",
  "socket.io-client": "socket.io",
  "sockjs-client": "sockjs",
};

function path(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}

function start(runtime, script, ...parameters) {
  const [command, ...options] = runtimes[runtime];
  const child = spawn(command, [...options, path(script), ...parameters], { stdio: ["pipe", "pipe", "pipe"] });
  child.complaints = "";
  child.stderr.on("data", (part) => (child.complaints = (child.complaints + part).slice(-4_000)));
  return child;
}

async function lastLine(child) {
  let last;
  createInterface({ input: child.stdout }).on("line", (line) => (last = line));
  const killer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(killer);
  try {
    return JSON.parse(last);
  } catch {
    return { ok: false, error: `${last ?? "nothing was said"}\n${child.complaints}` };
  }
}

const chosen = process.argv.slice(2);
const wanted = (name, all) => chosen.includes(name) || !chosen.some((choice) => choice in all);

const servers = start("Node", "servers.mjs");
const addresses = await new Promise((resolve, reject) => {
  createInterface({ input: servers.stdout }).once("line", (line) => resolve(JSON.parse(line)));
  servers.once("close", () => reject(new Error(`the servers did not start:\n${servers.complaints}`)));
});

let passed = 0;
let failed = 0;
for (const [library, server] of Object.entries(libraries)) {
  if (!wanted(library, libraries)) continue;
  for (const runtime of Object.keys(runtimes)) {
    if (!wanted(runtime, runtimes)) continue;
    const began = performance.now();
    const { ok, did, connections, error } = await lastLine(start(runtime, `${library.replace("@stomp/", "")}.mjs`, addresses[server]));
    const ms = Math.round(performance.now() - began);
    if (ok) passed++;
    else failed++;
    console.log(
      `${ok ? "ok    " : "FAILED"} ${library.padEnd(22)} ${runtime.padEnd(4)} ${String(ms).padStart(5)} ms  ${ok ? `${did} (${connections} connections)` : error}`,
    );
  }
}
servers.stdin.end();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
