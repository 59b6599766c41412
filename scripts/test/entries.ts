import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname;

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, string | { readonly "@ws/source": string }>>;
}

/** Every entry of every published package, as a program imports it, and its source. */
export const entries: readonly { readonly name: string; readonly file: string }[] = globSync("packages/*/package.json", { cwd: root })
  .sort()
  .flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
    if (manifest.private === true) return [];
    return Object.entries(manifest.exports).flatMap(([subpath, target]) =>
      typeof target === "string" ? [] : [{ name: manifest.name + subpath.slice(1), file: join(root, dirname(path), target["@ws/source"]) }],
    );
  });
