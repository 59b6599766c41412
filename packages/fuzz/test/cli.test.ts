import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import WebSocket, { WebSocketServer } from "ws";

import { deadline } from "../../contract/src/patience.ts";
import { isLoopback } from "../src/cli/address.ts";
import { main } from "../src/cli/main.ts";
import type { JsonReport } from "../src/report/model.ts";
import { plantedServer } from "./planted/tap.ts";

// Most tests start the program, some of them many times: on a busy machine they are slow, not wrong.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const CLI = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));
/** ms that a target has for an answer. A target that is starved meanwhile would be told from one that is silent by nothing. */
const TIMEOUT = String(deadline(300));
const folder = mkdtempSync(join(tmpdir(), "ws-fuzz-"));
let server: WebSocketServer;
let url: string;

interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}
function fuzz(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--conditions=@ws/source", CLI, ...args],
      { cwd: folder, timeout: 500_000, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : (error.code as unknown as number), stdout, stderr });
      },
    );
  });
}
/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
const read = (name: string): JsonReport => JSON.parse(readFileSync(join(folder, name), "utf8")) as JsonReport;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (message: Buffer, binary: boolean) => socket.send(message, { binary }));
  });
  await new Promise((resolve) => server.once("listening", resolve));
  url = `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  for (const client of server.clients) client.terminate();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("ws-fuzz server", () => {
  it("ends with 0 and writes { target, role, seed, results } when nothing fails", async () => {
    const { status, stdout } = await fuzz(
      "server",
      url,
      "--rules",
      "control/*,property/control",
      "--runs",
      "100",
      "--seed",
      "7",
      "--json",
      "ok.json",
    );
    expect(status, stdout).toBe(0);
    const report = read("ok.json");
    expect(report).toMatchObject({ target: `${url}/`, role: "server", seed: 7 });
    expect(report.results.length).toBe(16);
    for (const result of report.results)
      expect(result).toMatchObject({ verdict: "pass", section: expect.stringMatching(/^RFC/), level: "MUST", id: expect.any(String) });
  });

  it("ends with 1, prints each failure on one screen, saves it, and replays it", async () => {
    const faulty = await plantedServer({ send: (frame) => [frame.opcode === 10 ? { ...frame, payload: new Uint8Array(0) } : frame] });
    try {
      const { status, stdout } = await fuzz(
        "server",
        faulty.url,
        "--rules",
        "control/ping-payload,property/control",
        "--runs",
        "12",
        "--timeout",
        TIMEOUT,
        "--json",
        "bad.json",
        "--junit",
        "bad.xml",
        "--markdown",
        "bad.md",
        "--html",
        "bad.html",
        "--pcap",
        "--tests",
        "--out",
        "found",
      );
      expect(status).toBe(1);
      expect(stdout).toContain("FAIL  control/ping-payload  RFC 6455 §5.5.2");
      const report = read("bad.json");
      expect(report.results.map((result) => [result.id, result.verdict])).toEqual([
        ["control/ping-payload", "fail"],
        ["property/control", "fail"],
      ]);
      const [rule, property] = report.results.map((result) => result.findings[0]!);
      expect(rule).toMatchObject({ shrunk: "fixed", exchange: ['Ping "abc"'], confirmed: "3 of 3", flaky: false });
      expect(property).toMatchObject({
        shrunk: "fully",
        exchange: ['Ping "a"'],
        hex: ["89 81 00 00 00 00 61"],
        received: ["Pong", "Close 1000", "FIN"],
      });
      for (const word of ["exchange", "hex", "allowed", "happened", "replay"]) expect(stdout).toContain(word);
      expect(stdout.split("\n\n").every((block) => block.split("\n").length < 40)).toBe(true);

      const session = join("found", "server-property-control-pong-missing.json");
      expect(await fuzz("replay", session, faulty.url, "--timeout", TIMEOUT)).toMatchObject({
        status: 1,
        stdout: expect.stringContaining("§5.5.2"),
      });
      expect(await fuzz("replay", session, url)).toMatchObject({ status: 0, stdout: expect.stringContaining("allowed") });

      expect(readFileSync(join(folder, "bad.xml"), "utf8")).toMatch(/<testsuite .*tests="2" failures="2"/);
      expect(readFileSync(join(folder, "bad.md"), "utf8")).toContain("| fail | control/ping-payload |");
      const page = readFileSync(join(folder, "bad.html"), "utf8");
      expect(page).toContain("<i>opcode</i> 9");
      expect(page).not.toMatch(/(?:src|href)="http/);
      const capture = readFileSync(join(folder, "found", "server-property-control-pong-missing.pcapng"));
      expect([capture.readUInt32LE(0), capture.readUInt32LE(8), capture.readUInt32LE(4)]).toEqual([0x0a0d0d0a, 0x1a2b3c4d, 28]);
      expect(capture.includes(Buffer.from("89810000000061", "hex"))).toBe(true);
      let at = 0;
      while (at < capture.length) at += capture.readUInt32LE(at + 4);
      expect(at).toBe(capture.length);
      const test = readFileSync(join(folder, "found", "server-property-control-pong-missing.test.mjs"), "utf8");
      expect(test).toContain('from "@ws/fuzz/run"');
      writeFileSync(join(FIXTURES, "generated.test.mjs.tmp.mjs"), test);
      try {
        const runTest = (at2: string): Promise<number> =>
          new Promise((resolve) => {
            execFile(
              process.execPath,
              ["--conditions=@ws/source", join(FIXTURES, "generated.test.mjs.tmp.mjs")],
              { env: { ...process.env, WS_URL: at2, NODE_TEST_CONTEXT: "" } },
              (error) => resolve(error === null ? 0 : 1),
            );
          });
        expect(await runTest(url)).toBe(0);
        expect(await runTest(faulty.url)).toBe(1);
      } finally {
        rmSync(join(FIXTURES, "generated.test.mjs.tmp.mjs"));
      }
    } finally {
      await faulty.close();
    }
  });

  it("ends with 2 for wrong usage, for hosts elsewhere, and when nobody answers", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const args of [
      [],
      ["dance"],
      ["server"],
      ["server", "http://127.0.0.1"],
      ["server", url, "--runs", "many"],
      ["server", url, "--shard", "3/2"],
      ["server", url, "--no-such-option"],
      ["replay", "missing.json", url],
      ["merge", "missing.json"],
      ["server", "ws://127.0.0.1:9", "--rules", "types/*"],
    ]) {
      expect([args, await main(args)]).toEqual([args, 2]);
    }
    expect(await main(["server", "ws://example.com"])).toBe(2);
    expect(errors.mock.calls.at(-1)?.[0]).toContain("--allow-remote");
    errors.mockRestore();
    expect(await fuzz("server")).toMatchObject({ status: 2, stderr: expect.stringContaining("which server?") });
    expect(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"].every(isLoopback)).toBe(true);
    expect(["example.com", "10.0.0.1", "128.0.0.1", "127.0.0.1.example.com", "localhost.example.com"].some(isLoopback)).toBe(false);
  });

  it("is the same for the same seed, and another for another", async () => {
    const { sampleSessions } = await import("../src/run.ts");
    const { sessionToJson } = await import("../src/index.ts");
    const sample = (seed: number, from = 0): string =>
      JSON.stringify(sampleSessions("framing", "server", seed, 30, from).map(sessionToJson));
    expect(sample(7)).toBe(sample(7));
    expect(sample(7)).not.toBe(sample(8));
    expect(sample(7, 20)).toBe(JSON.stringify(sampleSessions("framing", "server", 7, 50).slice(20, 50).map(sessionToJson)));
  });

  it("spreads over shards that merge to the whole", async () => {
    const whole = await fuzz("server", url, "--rules", "framing/opcode-*", "--no-properties", "--json", "whole.json");
    expect(whole.status).toBe(0);
    for (const shard of ["1/3", "2/3", "3/3"])
      await fuzz("server", url, "--rules", "framing/opcode-*", "--no-properties", "--shard", shard, "--json", `shard${shard[0]!}.json`);
    expect((await fuzz("merge", "shard1.json", "shard2.json", "shard3.json", "--json", "merged.json", "--quiet")).status).toBe(0);
    const ids = (name: string): string[] =>
      read(name)
        .results.map((result) => `${result.id} ${result.verdict}`)
        .sort();
    expect(ids("merged.json")).toEqual(ids("whole.json"));
    expect(read("shard1.json").results.length).toBeLessThan(read("whole.json").results.length);
  });

  it("judges a silent endpoint by Pong, Close and TCP, and says what became not applicable", async () => {
    const silent = await plantedServer({ message: () => undefined });
    try {
      const { status } = await fuzz(
        "server",
        silent.url,
        "--target-behaviour",
        "silent",
        "--rules",
        "types/*,control/*,close/*,framing/opcode-*",
        "--no-properties",
        "--json",
        "silent.json",
      );
      expect(status).toBe(0);
      const report = read("silent.json");
      expect(report.results.find((result) => result.id === "types/text")).toMatchObject({ verdict: "not-applicable" });
      expect(report.results.find((result) => result.id === "control/ping-payload")).toMatchObject({ verdict: "pass" });
      expect(report.notes.join()).toContain("types/text");
    } finally {
      await silent.close();
    }
  });

  it("accepts fuzzingclient.json, its patterns, and writes the index.json that CI reads", async () => {
    writeFileSync(
      join(folder, "fuzzingclient.json"),
      JSON.stringify({
        outdir: join(folder, "ab"),
        servers: [{ agent: "MyServer", url }],
        cases: ["2.*", "7.7.*"],
        "exclude-cases": ["2.10", "2.11"],
      }),
    );
    const { status } = await fuzz("server", "fuzzingclient.json", "--json", "ab.json");
    expect(status).toBe(0);
    expect(new Set(read("ab.json").results.map((result) => result.area))).toEqual(new Set(["segmentation", "control", "close"]));
    expect(read("ab.json").results.map((result) => result.id)).not.toContain("control/ping-many");
    const index = JSON.parse(readFileSync(join(folder, "ab", "index.json"), "utf8")) as Record<
      string,
      Record<string, { behavior: string; behaviorClose: string; reportfile: string }>
    >;
    expect(index["MyServer"]!["2.1"]).toMatchObject({
      behavior: "OK",
      behaviorClose: "OK",
      remoteCloseCode: 1000,
      reportfile: "myserver_case_2_1.json",
    });
    expect(existsSync(join(folder, "ab", "myserver_case_7_7_1.json"))).toBe(true);
  });

  it("finds where servers disagree", async () => {
    const other = await plantedServer({ send: (frame) => [frame.opcode === 8 ? { ...frame, payload: Uint8Array.of(3, 232) } : frame] });
    try {
      const { status, stdout } = await fuzz("diff", url, other.url, "--rules", "close/reply-code,types/text", "--no-properties");
      expect(status).toBe(0);
      expect(stdout).toContain("close/reply-code");
      expect(stdout).not.toContain("types/text");
      expect(stdout).toContain("they disagree on 1");
    } finally {
      await other.close();
    }
  });

  it("starts the target itself, notices crashes and memory attacks, restarts it and goes on", async () => {
    const port = await freePort();
    const { status, stdout } = await fuzz(
      "server",
      `ws://127.0.0.1:${port}`,
      "--spawn",
      `${process.execPath} ${join(FIXTURES, "fragile-server.mjs")} ${port}`,
      "--rules",
      "types/text,limits/empty-fragments,limits/declared-2-32,control/ping-payload",
      "--no-properties",
      "--timeout",
      String(deadline(500)),
      "--json",
      "crash.json",
    );
    expect(status, stdout).toBe(1);
    const results = new Map(read("crash.json").results.map((result) => [result.id, result]));
    expect(results.get("limits/empty-fragments")).toMatchObject({ verdict: "fail", findings: [{ kind: "target-died" }] });
    expect(results.get("limits/declared-2-32")).toMatchObject({ verdict: "fail", findings: [{ kind: "memory" }] });
    expect(results.get("types/text")).toMatchObject({ verdict: "pass" });
    expect(results.get("control/ping-payload")).toMatchObject({ verdict: "pass" });
  });
});

describe("ws-fuzz client", () => {
  /** The driver of ws for the Autobahn Testsuite, rewritten: one case after the other, echoing. */
  function drive(
    base: string,
    agent: string,
    echo: (socket: WebSocket, message: Buffer, binary: boolean) => void = (socket, message, binary) => socket.send(message, { binary }),
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      let count = 0;
      let current = 0;
      const next = (): void => {
        if (++current > count) {
          const last = new WebSocket(`${base}/updateReports?agent=${agent}`);
          last.on("error", reject);
          last.on("close", () => resolve(count));
          return;
        }
        const socket = new WebSocket(`${base}/runCase?case=${current}&agent=${agent}`);
        socket.on("message", (message: Buffer, binary: boolean) => echo(socket, message, binary));
        socket.on("error", () => undefined);
        socket.on("close", () => process.nextTick(next));
      };
      const first = new WebSocket(`${base}/getCaseCount`);
      first.on("message", (message: Buffer) => {
        count = Number(message.toString());
      });
      first.on("error", reject);
      first.on("close", next);
    });
  }
  function listening(...args: string[]): Promise<{ child: ChildProcess; base: string; over: Promise<number> }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, ["--conditions=@ws/source", CLI, "client", "--port", "0", ...args], {
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const over = new Promise<number>((ended) => child.once("exit", (code) => ended(code ?? -1)));
      let text = "";
      child.stderr.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const match = /ws:\/\/127\.0\.0\.1:\d+/.exec(text);
        if (match !== null) resolve({ child, base: match[0], over });
      });
    });
  }

  it("serves an unmodified Autobahn driver, and --once ends after its report with files and status", async () => {
    const { base, over } = await listening(
      "--once",
      "--rules",
      "types/*,control/*,close/code-*,property/types",
      "--runs",
      "20",
      "--json",
      "client.json",
      "--autobahn-report",
      "clients",
      "--quiet",
    );
    const count = await drive(base, "my%20client");
    expect(await over).toBe(0);
    const report = read("client.json");
    expect(report).toMatchObject({ role: "client", target: "my client" });
    // ws closes TCP before the server does, which is a warning of its own.
    expect(report.results.filter((result) => result.verdict !== "pass").map((result) => [result.id, result.verdict])).toEqual([
      ["close/client-waits", "warn"],
    ]);
    expect(count).toBeGreaterThan(200 + report.results.length);
    expect(JSON.parse(readFileSync(join(folder, "clients", "index.json"), "utf8"))).toMatchObject({
      "my client": { "7.7.1": { behavior: "OK" } },
    });
  });

  it("confirms and shrinks in the reserve of follow-up cases", async () => {
    const { base, over } = await listening(
      "--once",
      "--rules",
      "types/*,property/types",
      "--runs",
      "30",
      "--json",
      "wrong.json",
      "--out",
      "clientfound",
      "--quiet",
    );
    await drive(base, "wrong", (socket, message) => socket.send(message, { binary: true }));
    expect(await over).toBe(1);
    const report = read("wrong.json");
    expect(report.results.find((result) => result.id === "types/text")!.findings[0]).toMatchObject({
      kind: "wrong-type",
      confirmed: "3 of 3",
    });
    expect(report.results.find((result) => result.id === "property/types")!.findings[0]).toMatchObject({
      kind: "wrong-type",
      exchange: ["text"],
      shrunk: "fully",
    });
    expect(readdirSync(join(folder, "clientfound"))).toContain("client-property-types-wrong-type.json");
  });

  it("says so when the reserve does not suffice", async () => {
    const { base, over } = await listening(
      "--once",
      "--rules",
      "property/types",
      "--runs",
      "30",
      "--follow-ups",
      "4",
      "--json",
      "short.json",
      "--quiet",
    );
    await drive(base, "short", (socket, message) => socket.send(message, { binary: true }));
    expect(await over).toBe(1);
    expect(read("short.json").results[0]!.findings[0]).toMatchObject({ shrunk: "not fully shrunk" });
  });

  it("tells what a case is and how it went", async () => {
    const { base, child } = await listening("--rules", "types/text,types/binary", "--no-properties");
    const ask = (path: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${base}/${path}`);
        socket.on("message", (message: Buffer) => resolve(message.toString()));
      });
    expect(JSON.parse(await ask("getCaseInfo?case=2"))).toMatchObject({ id: "types/binary" });
    expect(JSON.parse(await ask("getCaseStatus?case=1&agent=a"))).toEqual({ behavior: "UNIMPLEMENTED" });
    await new Promise((resolve) => {
      const socket = new WebSocket(`${base}/runCase?case=1&agent=a`);
      socket.on("message", (message: Buffer, binary: boolean) => socket.send(message, { binary }));
      socket.on("close", resolve);
    });
    expect(JSON.parse(await ask("getCaseStatus?case=1&agent=a"))).toEqual({ behavior: "OK" });
    child.kill("SIGTERM");
  });

  it("runs a spawned driver again until everything is shrunk", async () => {
    const port = await freePort();
    const { status, stdout, stderr } = await fuzz(
      "client",
      "--port",
      String(port),
      "--spawn",
      `${process.execPath} ${join(FIXTURES, "binary-driver.mjs")} ws://127.0.0.1:${port}`,
      "--rules",
      "types/*,property/types",
      "--runs",
      "30",
      "--follow-ups",
      "2",
      "--json",
      "spawned.json",
    );
    expect(status, stdout + stderr).toBe(1);
    expect(read("spawned.json").results.find((result) => result.id === "property/types")!.findings[0]).toMatchObject({
      kind: "wrong-type",
      shrunk: "fully",
      exchange: ["text"],
    });
  });
});
