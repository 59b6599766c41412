import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const documents = tracked.filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/"));
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("documents", () => {
  test("README is at most 150 lines", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(150);
  });

  test.each(documents)("%s links only to files that exist", (file) => {
    const prose = read(file).replaceAll(/^```[^]*?^```|`[^`\n]+`/gm, "");
    const links = [...prose.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    const missing = links.filter((link) => !existsSync(resolve(root, dirname(file), link)));
    expect(missing).toEqual([]);
  });
});

/** A program in a document: ```ts, and the ```text behind it is what it prints. */
function programs(file: string): { source: string; output: string }[] {
  return [...read(file).matchAll(/```ts\n(.*?)```(?:\n+```text\n(.*?)```)?/gs)].map(([, source, output]) => ({
    source: source!,
    output: output ?? "",
  }));
}

describe("README's examples print what README says", () => {
  const folder = join(root, ".cache/readme");
  mkdirSync(folder, { recursive: true });

  test.each(programs("README.md").map(({ source, output }, index) => [index + 1, source, output] as const))(
    "example %i",
    (index, source, output) => {
      const file = join(folder, `example-${index}.ts`);
      writeFileSync(file, source);
      const run = spawnSync("node", ["--conditions=@ws/source", "--disable-warning=ExperimentalWarning", file], {
        encoding: "utf8",
        timeout: 100_000,
        cwd: root,
      });
      expect(run.stderr).toBe("");
      expect(run.stdout).toBe(output);
      expect(run.status).toBe(0);
    },
  );
});

test("what the READMEs' examples print is printed by programs that compile, as strictly as the sources", () => {
  const folder = join(root, ".cache/readme-types");
  mkdirSync(folder, { recursive: true });
  // Those of Deno and Bun need the types of their runtimes.
  const pages = documents.filter((file) => /(^|packages\/(?!deno|bun)[^/]+\/)README\.md$/.test(file));
  const files = pages.flatMap((page) =>
    programs(page)
      .filter(({ output }) => output !== "")
      .map(({ source }, index) => {
        const file = join(folder, `${page.replaceAll("/", "-")}-${index + 1}.ts`);
        writeFileSync(file, source);
        return file;
      }),
  );
  expect(files.length).toBeGreaterThan(5);
  const settings = {
    extends: "./tsconfig.base.json",
    compilerOptions: { types: ["node"], declaration: false, isolatedDeclarations: false },
  };
  const { options } = ts.parseJsonConfigFileContent({ ...settings, files: [] }, ts.sys, root);
  const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
  expect(found.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)).toEqual([]);
});

describe("README's commands for other implementations", () => {
  const [server, client] = [...read("README.md").matchAll(/^npx ws-fuzz (.*?)\s+#/gm)].map(([, args]) => args!.split(" "));
  const fuzz = (args: string[]) => spawn("node", ["--conditions=@ws/source", "packages/fuzz/src/cli/main.ts", ...args], { cwd: root });

  test(`ws-fuzz ${server!.join(" ")}`, async () => {
    const echo = spawn("node", ["--conditions=@ws/source", "examples/echo/node.ts", "--port", "0"], { cwd: root });
    try {
      const url = String(await once(echo.stdout, "data")).trim();
      const run = fuzz([...server!.map((word) => (word.startsWith("ws://") ? url : word)), "--time", "3s"]);
      let output = "";
      run.stdout.on("data", (text) => (output += String(text)));
      const [status] = (await once(run, "close")) as [number];
      expect(output).toContain("0 fail");
      expect(status).toBe(0);
    } finally {
      echo.kill("SIGKILL");
    }
  });

  test(`ws-fuzz ${client!.join(" ")}`, async () => {
    // Any free port, so that the test does not depend on the one that README names.
    const run = fuzz(client!.map((word) => (/^\d+$/.test(word) ? "0" : word)));
    try {
      const first = String((await Promise.race([once(run.stdout, "data"), once(run.stderr, "data")]))[0]);
      expect(first).toMatch(/ws:\/\/127\.0\.0\.1:\d+/);
    } finally {
      run.kill("SIGKILL");
    }
  });
});

describe("docs/embedding.md builds a host whose programs print what it says", () => {
  const folder = join(root, ".cache/embedding");
  mkdirSync(folder, { recursive: true });
  // The first line names the file that others import; a program is what prints something.
  const files = programs("docs/embedding.md").map(({ source, output }) => ({
    name: /^\/\/ (\S+\.ts)\n/.exec(source)![1]!,
    source,
    output,
  }));
  for (const { name, source } of files) writeFileSync(join(folder, name), source);
  const runnable = files.filter(({ output }) => output !== "");

  test("every file is a program or imported by one", () => {
    const imported = runnable.flatMap(({ source }) => [...source.matchAll(/from "\.\/(.*?)"/g)].map(([, name]) => name));
    expect(files.map(({ name }) => name).sort()).toEqual([...new Set([...runnable.map(({ name }) => name), ...imported])].sort());
  });

  test.each(runnable.map(({ name, output }) => [name, output] as const))("%s on Node", (name, output) => {
    const run = spawnSync("node", ["--conditions=@ws/source", "--disable-warning=ExperimentalWarning", join(folder, name)], {
      encoding: "utf8",
      timeout: 100_000,
      cwd: root,
    });
    expect([run.stderr, run.stdout, run.status]).toEqual(["", output, 0]);
  });

  // All but the one that is about functions of a host.
  test.each(runnable.filter(({ name }) => name !== "plugged.ts").map(({ name, output }) => [name, output] as const))(
    "%s in QuickJS, which has no functions of a host",
    async (name, output) => {
      const { outputFiles } = await build({
        entryPoints: [join(folder, name)],
        bundle: true,
        format: "esm",
        platform: "neutral",
        conditions: ["@ws/source"],
        target: "es2023",
        write: false,
      });
      const context = (await getQuickJS()).newContext();
      const run = (code: string, type: "global" | "module" = "global") => {
        const result = context.unwrapResult(context.evalCode(code, name, { type }));
        const value = context.dump(result) as unknown;
        // Dumping a promise has done so already.
        if (result.alive) result.dispose();
        return value;
      };
      run('var printed = ""; var console = { log: (...parts) => { printed += parts.join(" ") + "\\n"; } };');
      run(outputFiles[0]!.text, "module");
      context.unwrapResult(context.runtime.executePendingJobs());
      expect(run("printed")).toBe(output);
      context.dispose();
    },
  );
});
