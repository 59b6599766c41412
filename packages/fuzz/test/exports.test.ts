/** What each entry point has, and what it needs: only arbitraries and campaigns need fast-check, a peer dependency. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const { exports, peerDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  exports: Record<string, { "@ws/source": string; types: string; default: string } | string>;
  peerDependencies: Record<string, string>;
};
const entries = Object.entries(exports).flatMap(([name, target]) => (typeof target === "string" ? [] : [[name, target] as const]));

/** Makes fast-check a package that is not installed. */
const WITHOUT_FAST_CHECK = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== "fast-check") return next(specifier, context);
      throw Object.assign(new Error("Cannot find package 'fast-check'"), { code: "ERR_MODULE_NOT_FOUND" });
    },
  });`)}`;

function nodeWithoutFastCheck(...args: string[]): Promise<{ status: unknown; output: string }> {
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      ["--conditions=@ws/source", `--import=${WITHOUT_FAST_CHECK}`, ...args],
      { cwd: root },
      (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : error.code, output: stdout + stderr });
      },
    ),
  );
}

describe("the entry points", () => {
  it("list what they have", () => {
    expect(entries.map(([name]) => name)).toEqual([".", "./arbitraries", "./oracle", "./wire", "./run"]);
    for (const [, { "@ws/source": source }] of entries) expect(readFileSync(root + source, "utf8")).not.toMatch(/export \*/);
  });

  it("have each value in one place", async () => {
    const values = await Promise.all(
      entries.map(async ([, { "@ws/source": source }]) => Object.keys((await import(root + source)) as object)),
    );
    expect(values.every((names) => names.length > 3)).toBe(true);
    const all = values.flat();
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
  });

  it("need fast-check only for arbitraries and campaigns", async () => {
    const program = entries
      .map(([name]) => `await import("@ws/fuzz${name.slice(1)}").catch(({ message }) => console.log("${name}:", message));`)
      .join("\n");
    const { status, output } = await nodeWithoutFastCheck("--input-type=module", "--eval", program);
    expect([status, output]).toEqual([0, ["./arbitraries", "./run"].map((name) => `${name}: Cannot find package 'fast-check'\n`).join("")]);
    expect(Object.keys(peerDependencies)).toEqual(["fast-check"]);
  });

  it("include a command line that says how to install what is missing", async () => {
    const { status, output } = await nodeWithoutFastCheck("src/cli/main.ts", "rules");
    expect(status).toBe(2);
    expect(output).toBe("ws-fuzz: fast-check is not installed. It is a peer dependency: npm install --save-dev fast-check\n");
  });
});
