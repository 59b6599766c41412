import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { writePage } from "../page.build.ts";
import { parseTarget } from "../src/cli/target.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Run {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves with the first match in the output. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let output = "";
  const checks = new Set<() => void>();
  const add = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const check of checks) check();
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  return {
    process: child,
    output: () => output,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(output);
          if (match === null) return;
          checks.delete(check);
          resolve(match);
        };
        checks.add(check);
        child.once("close", () => {
          reject(new Error(`It ended without saying ${String(pattern)}:\n${output}`));
        });
        check();
      }),
    ended: once(child, "close").then(([status]) => status as number | null),
  };
}

const inspect = (...args: string[]): Run => run("--conditions=@ws/source", "packages/inspector/src/cli/main.ts", ...args);

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

beforeAll(writePage);

describe("ws-inspector", () => {
  test("--help lists every option", async () => {
    const { ended, output } = inspect("--help");
    expect(await ended).toBe(0);
    const source = readFileSync(new URL("../src/cli/main.ts", import.meta.url), "utf8");
    const options = [...source.matchAll(/^ {8}"?([a-z-]+)"?: \{ type:/gm)].map(([, name]) => name!);
    expect(options).toHaveLength(9);
    for (const name of options) expect(output()).toContain(`--${name}`);
  });

  test.each([
    [[], "--target is missing"],
    [["--target", "http://a"], "begins with ws:// or wss://"],
    [["--target", "ws://a/path"], "a target has no path"],
    [["--target", "nonsense"], "is not a URL"],
    [["--target", "ws://a", "--port", "99999"], "--port takes a whole number"],
    [["--target", "ws://a", "--port", "x"], "--port takes a whole number"],
    [["--target", "ws://a", "--nonsense"], "Unknown option '--nonsense'"],
    [["--target", "wss://a", "--ca", "/no/such/file"], "--ca: ENOENT"],
  ])("%j: says what is wrong and where help is", async (args, message) => {
    const { ended, output } = inspect(...args);
    expect(await ended).toBe(2);
    expect(output()).toContain(message);
    expect(output()).toContain("--help");
    expect(output()).not.toContain("    at ");
  });

  test("prints its address, serves the page, names a free port when it is taken, and ends on Ctrl-C", async () => {
    const first = inspect("--target", "echo=ws://127.0.0.1:9", "--port", "0");
    const [, address, text] = await first.says(/Inspector {2}(http:\/\/127\.0\.0\.1:(\d+)\/)\n/);
    await first.says(/Target {5}ws:\/\/127\.0\.0\.1:9 \(echo\)\n[^]*Ctrl-C ends/);
    const page = await fetch(address!);
    expect([page.status, (await page.text()).includes("<title>WebSocket inspector</title>")]).toEqual([200, true]);

    const second = inspect("--target", "ws://127.0.0.1:9", "--port", text!);
    const [, hint] = await second.says(/Port \d+ is in use by another program\. Try: --port (\d+)\n/);
    expect(await second.ended).toBe(2);
    const third = inspect("--target", "ws://127.0.0.1:9", "--port", hint!);
    await third.says(new RegExp(`Inspector {2}http://127\\.0\\.0\\.1:${hint!}/`));

    // A page that holds its connection does not keep it from ending.
    const feed = new WebSocket(`ws://127.0.0.1:${text!}/__inspector/feed`);
    await once(feed, "open");
    first.process.kill("SIGINT");
    expect(await first.ended).toBe(0);
    expect(await reachable(Number(text))).toBe(false);
    third.process.kill("SIGTERM");
    expect(await third.ended).toBe(0);
  });
});

describe("npm start", () => {
  test("starts the echo servers and the inspector, and Ctrl-C ends all of them", async () => {
    const all = run("scripts/start.mjs", "--port", "0");
    const [, address] = await all.says(/Inspector {2}(http:\/\/127\.0\.0\.1:\d+\/)\n[^]*Ctrl-C ends/);
    const echoes = [...all.output().matchAll(/Target {5}ws:\/\/127\.0\.0\.1:(\d+) \((\w+)\)/g)].map(([, port, name]) => ({
      port: Number(port),
      name,
    }));
    const examples = ["Node", "Deno", "Bun"].filter((name) => existsSync(`${root}examples/echo/${name.toLowerCase()}.ts`));
    expect(echoes.map(({ name }) => name)).toEqual(examples);
    const socket = new WebSocket(address!.replace("http:", "ws:"));
    await once(socket, "open");
    socket.send("through");
    const [message] = (await once(socket, "message")) as [{ data: unknown }];
    expect(message.data).toBe("through");
    all.process.kill("SIGINT");
    expect(await all.ended).toBe(0);
    for (const { port } of echoes) expect(await reachable(port)).toBe(false);
    expect(await reachable(Number(new URL(address!).port))).toBe(false);
  });

  test("a port in use: says so, and which one is free", async () => {
    const first = inspect("--target", "ws://127.0.0.1:9", "--port", "0");
    const [, port] = await first.says(/Inspector {2}http:\/\/127\.0\.0\.1:(\d+)\//);
    const second = run("scripts/start.mjs", "--port", port!);
    await second.says(/Port \d+ is in use by another program\. Try: npm start -- --port \d+\n/);
    expect(await second.ended).toBe(1);
  });
});

describe("targets", () => {
  test("with and without a name, with default ports", () => {
    expect(parseTarget("ws://localhost:8080")).toMatchObject({
      name: "localhost:8080",
      url: "ws://localhost:8080",
      secure: false,
      hostname: "localhost",
      port: 8080,
      host: "localhost:8080",
      origin: "http://localhost:8080",
    });
    expect(parseTarget("live=wss://Example.com/")).toMatchObject({
      name: "live",
      url: "wss://example.com",
      secure: true,
      port: 443,
      host: "example.com",
      origin: "https://example.com",
    });
    expect(parseTarget("ws://[::1]:9")).toMatchObject({ hostname: "::1", port: 9, host: "[::1]:9" });
    expect(parseTarget("ws://a")).toMatchObject({ port: 80 });
  });

  test.each(["", "a", "http://a", "ws://a/b", "ws://a?b", "ws://a#b", "ws://u:p@a", "=ws://a"])("refuses %j", (text) => {
    expect(() => parseTarget(text)).toThrow(TypeError);
  });
});
