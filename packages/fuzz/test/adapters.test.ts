/** Our three adapters, both roles, for ten seconds and with a fixed seed: no failure and no warning. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { deadline } from "../../contract/src/patience.ts";
import type { JsonReport } from "../src/report/model.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const CLI = join(root, "packages/fuzz/src/cli/main.ts");
const bin = (name: string): string => join(root, "node_modules/.bin", name);
const RUN = {
  node: [process.execPath, "--conditions=@ws/source"],
  deno: [bin("deno"), "run", "--allow-net", "--allow-env", "--allow-read", "--conditions=@ws/source"],
  bun: [bin("bun"), "--conditions=@ws/source"],
} as const;
type Runtime = keyof typeof RUN;
const RUNTIMES: readonly Runtime[] = ["node", "deno", "bun"];
const SECONDS = process.env["FUZZ_SECONDS"] ?? "10";
/** ms that an adapter has for an answer. */
const TIMEOUT = String(deadline(3000));
/** ms for an opening handshake: the fuzzer sends some in hundreds of pieces, and may be starved meanwhile. */
const HANDSHAKE = String(deadline(60_000));
const folder = mkdtempSync(join(tmpdir(), "ws-fuzz-adapters-"));
const reports = new Map<string, JsonReport>();

function fuzz(args: string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--conditions=@ws/source", CLI, ...args, "--seed", "7", "--timeout", TIMEOUT, "--quiet", "--out", folder],
      { maxBuffer: 1 << 26 },
      () => resolve(),
    );
  });
}
/** What a child says first. */
function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const url = /ws:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (url !== null) resolve(url[0]);
    });
  });
}
async function server(runtime: Runtime): Promise<void> {
  const [command, ...args] = RUN[runtime];
  const child = spawn(command, [...args, join(root, `examples/echo/${runtime}.ts`), "--port", "0", "--deflate", "--handshake", HANDSHAKE], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // It says of every refused request why. Only what it says when it dies is of interest.
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  child.on("exit", (code, signal) => {
    if (signal !== "SIGKILL") console.error(`the server of ${runtime} ended (${code ?? signal}): ${said}`);
  });
  try {
    const url = await firstLine(child.stdout);
    const json = join(folder, `server-${runtime}.json`);
    await fuzz(["server", url, "--time", `${SECONDS}s`, "--runs", "100000", "--json", json]);
    reports.set(`server ${runtime}`, JSON.parse(readFileSync(json, "utf8")) as JsonReport);
  } finally {
    child.kill("SIGKILL");
  }
}
async function client(runtime: Runtime): Promise<void> {
  const json = join(folder, `client-${runtime}.json`);
  const fuzzer = spawn(
    process.execPath,
    [
      "--conditions=@ws/source",
      CLI,
      "client",
      "--port",
      "0",
      "--once",
      "--runs",
      String(Number(SECONDS) * 4),
      "--follow-ups",
      "50",
      "--seed",
      "7",
      "--timeout",
      TIMEOUT,
      "--quiet",
      "--out",
      folder,
      "--json",
      json,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const over = new Promise((resolve) => fuzzer.once("exit", resolve));
  const url = await firstLine(fuzzer.stderr);
  const [command, ...args] = RUN[runtime];
  const child = spawn(command, [...args, join(root, `examples/driver/${runtime}.ts`), "--url", url, "--agent", runtime, "--deflate"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await over;
    reports.set(`client ${runtime}`, JSON.parse(readFileSync(json, "utf8")) as JsonReport);
  } finally {
    child.kill("SIGKILL");
    fuzzer.kill("SIGKILL");
  }
}

beforeAll(async () => {
  await Promise.all([...RUNTIMES.map(server), ...RUNTIMES.map(client)]);
  // A busy machine makes this slow, not wrong.
}, 1_800_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("no false alarm", () => {
  for (const role of ["server", "client"] as const)
    for (const runtime of RUNTIMES) {
      it(`@ws/${runtime} as ${role} keeps every rule, strictly`, () => {
        const report = reports.get(`${role} ${runtime}`)!;
        // What happened once, and not in two repetitions, is no alarm of the fuzzer; of ours it is one.
        const bad = report.results.filter((result) => result.verdict !== "pass");
        expect(
          bad.map(
            (result) =>
              `${result.verdict} ${result.id}: ${result.reason ?? ""} ${result.findings.map((finding) => `${finding.happened} after ${finding.exchange.join(" · ")}`).join("; ")}`,
          ),
        ).toEqual([]);
        expect(report.results.length).toBeGreaterThan(300);
        expect(report.sessions).toBeGreaterThan(700);
      });
    }
});
