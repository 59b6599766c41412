/** The three echo servers: what they print, what they echo, how they end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { connect } from "@ws/node";
import { afterEach, describe, expect, test } from "vitest";

import { runtimes } from "../src/parent.ts";

const examples = fileURLToPath(new URL("../../../examples/echo/", import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(
  runtime: "Node 26" | "Deno" | "Bun",
  args: string[],
): { child: ChildProcess; output: { out: string; err: string }; firstLine: Promise<string>; ended: Promise<number | null> } {
  const [command, ...options] = runtimes[runtime];
  const file = { "Node 26": "node.ts", Deno: "deno.ts", Bun: "bun.ts" }[runtime];
  const child = spawn(command, [...options, `${examples}${file}`, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (output.out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output.err += text.toString()));
  const ended = once(child, "close").then(([status]) => status as number | null);
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then((status) => reject(new Error(`ended with ${status}: ${output.err}`)));
  });
  firstLine.catch(() => undefined);
  return { child, output, firstLine, ended };
}

describe.each(["Node 26", "Deno", "Bun"] as const)("the echo server on %s", (runtime) => {
  test("prints its address, echoes text and binary, and closes with 1001 on SIGTERM", async () => {
    const { child, firstLine, ended, output } = start(runtime, ["--port", "0", "--max-message", "1000000"]);
    const url = await firstLine;
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    const connection = await connect(url);
    connection.send("text");
    connection.send(new Uint8Array([1, 2, 3]));
    const received: (string | Uint8Array)[] = [];
    for await (const message of connection) if (received.push(message) === 2) break;
    expect(received).toEqual(["text", new Uint8Array([1, 2, 3])]);
    const big = await connect(url);
    big.send(new Uint8Array(1_000_001));
    expect((await big.closed).code).toBe(1009);
    child.kill("SIGTERM");
    expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true, initiator: "remote" });
    expect(await ended).toBe(0);
    expect(output.err).toBe("");
  });

  test("agrees to permessage-deflate with `--deflate` only, keeps its context, and ends on SIGINT too", async () => {
    for (const [args, extensions] of [
      [["--port=0"], ""],
      [["--port=0", "--deflate"], "permessage-deflate"],
    ] as const) {
      const { child, firstLine, ended } = start(runtime, [...args]);
      const connection = await connect(await firstLine, { compress: true });
      expect(connection.extensions).toBe(extensions);
      connection.abort();
      child.kill("SIGINT");
      expect(await ended).toBe(0);
    }
  });

  test("says when the port is in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { ended, output } = start(runtime, ["--port", String(port)]);
    expect(await ended).toBe(1);
    expect(output.err).toBe(`Cannot listen: port ${port} is in use; choose another with --port, or any free one with --port 0\n`);
    taken.close();
  });

  test("explains itself, and complains about what it does not know", async () => {
    const help = start(runtime, ["--help"]);
    expect(await help.ended).toBe(0);
    expect(help.output.out).toContain("--max-message N");
    for (const args of [["--prot", "1"], ["--port"], ["--port", "abc"], ["--port", "65536"]]) {
      const wrong = start(runtime, args);
      expect(await wrong.ended).toBe(2);
      expect(wrong.output.err).toContain("--port N");
    }
  });
});
