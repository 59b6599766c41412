// Measures what the codec weighs in a bundle and writes the table into docs/sizes.md.
//
//   node packages/codec/scripts/size.mjs           writes
//   node packages/codec/scripts/size.mjs --check   fails when the table is not what is measured, or a budget is passed

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const KIB = 1024;
const root = new URL("../../../", import.meta.url);
const table = new URL("docs/sizes.md", root);
const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** What is measured: exports, and the budget in bytes, minified and compressed with gzip. */
const rows = [
  { name: "`@ws/codec`, everything", imports: "*", budget: 5.5 * KIB },
  { name: "`MessageDecoder` alone", imports: "{ MessageDecoder }", budget: 4.75 * KIB },
  { name: "`FrameDecoder` alone", imports: "{ FrameDecoder }", budget: 2.75 * KIB },
  { name: "`encodeFrame` alone", imports: "{ encodeFrame }", budget: 1 * KIB },
  { name: "`applyMask` alone", imports: "{ applyMask }", budget: 0.5 * KIB },
];

/** The bundle of these imports as esbuild writes it: ESM, minified, ES2023. */
export async function bundle(imports) {
  const { outputFiles } = await build({
    stdin: { contents: `export ${imports} from ${JSON.stringify(entry)};`, resolveDir: fileURLToPath(root) },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2023",
    write: false,
    conditions: ["@ws/source"],
  });
  return outputFiles[0].text;
}

/** Sizes in bytes of every row. */
export async function measure() {
  return Promise.all(
    rows.map(async (row) => {
      const code = await bundle(row.imports);
      return { ...row, minified: Buffer.byteLength(code), compressed: gzipSync(code, { level: 9 }).length };
    }),
  );
}

/** docs/sizes.md with the part between the codec's marks replaced. */
export function render(document, measured) {
  const begin = "<!-- codec sizes: written by packages/codec/scripts/size.mjs -->";
  const end = "<!-- end of codec sizes -->";
  const lines = measured.map(({ name, minified, compressed, budget }) => `| ${name} | ${minified} | ${compressed} | ${budget} |`);
  const section = [begin, "| import | minified | minified + gzip | budget |", "|---|---:|---:|---:|", ...lines, end].join("\n");
  if (!document.includes(begin)) return `${document.trimEnd()}\n\n## @ws/codec\n\nBytes, as bundled by esbuild for ES2023.\n\n${section}\n`;
  return document.slice(0, document.indexOf(begin)) + section + document.slice(document.indexOf(end) + end.length);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = existsSync(table) ? readFileSync(table, "utf8") : "# Sizes\n";
  const measured = await measure();
  const after = render(before, measured);
  for (const { name, compressed, budget } of measured) {
    console.log(`${name}: ${compressed} of ${budget} bytes`);
    if (compressed > budget) process.exitCode = 1;
  }
  if (!process.argv.includes("--check")) writeFileSync(table, after);
  else if (after !== before) {
    console.error("docs/sizes.md is out of date: run node packages/codec/scripts/size.mjs");
    process.exitCode = 1;
  }
}
