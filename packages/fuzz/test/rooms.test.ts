/** The rooms of `src/`: each imports itself and what stands before it in the README's table. Circles of files are scripts/test/structure.test.ts's business. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Entry points stand beside the rooms and may import any of them. */
const files = globSync("src/**/*.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
const room = (file: string): string => /^src\/([^/]+)\//.exec(file)?.[1] ?? "entry";
const imports = new Map(
  files.map((file) => [
    file,
    [...readFileSync(join(root, file), "utf8").matchAll(/^(?:import|export)\b[^;]*? from "(\.[^"]+)";/gm)].map(([, path]) =>
      normalize(join(dirname(file), path!)),
    ),
  ]),
);

describe("the rooms", () => {
  it("stand in the README in the order in which they may import each other", () => {
    const rows = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^\| ((?:`[a-z]+\/`(?:, )?)+) \|/gm)];
    const order = rows.flatMap(([, names]) => [...names!.matchAll(/`([a-z]+)\/`/g)].map(([, name]) => name!));
    expect(new Set(order)).toEqual(new Set(files.filter((file) => room(file) !== "entry").map((file) => file.split("/")[1]!)));
    const place = (file: string): number => (room(file) === "entry" ? Infinity : order.indexOf(file.split("/")[1]!));
    const upwards = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => place(target) > place(file)).map((target) => `${file} imports ${target}`),
    );
    expect(upwards).toEqual([]);
    expect(imports.get("src/cli/commands.ts")!.length).toBeGreaterThan(5);
  });

  it("have no file above 400 lines", () => {
    const long = files.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 400);
    expect(long).toEqual([]);
  });
});
