/** Puts the page's markup, style and script into one HTML file, so that it needs nothing else. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const folder = new URL("./src/page/", import.meta.url);

export async function buildPage(): Promise<string> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("main.ts", folder)), fileURLToPath(new URL("page.css", folder))],
    outdir: "dist",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    minify: true,
    legalComments: "none",
    conditions: ["@ws/source"],
  });
  const output = (extension: string): string => bundle.outputFiles.find(({ path }) => path.endsWith(extension))!.text.trim();
  const markup = await readFile(new URL("page.html", folder), "utf8");
  // An end tag inside a string would end the element.
  const script = output(".js").replaceAll("</script", "<\\/script");
  return markup
    .replace("<style></style>", () => `<style>${output(".css")}</style>`)
    .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`);
}

/** Writes `dist/page.html`. */
export async function writePage(): Promise<void> {
  const target = new URL("./dist/page.html", import.meta.url);
  await mkdir(new URL("./", target), { recursive: true });
  await writeFile(target, await buildPage());
}

if (import.meta.main) await writePage();
