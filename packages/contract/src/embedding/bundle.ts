/** Builds what the hosts run. Runs on Node. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const packages = ["codec", "protocol", "endpoint"] as const;
type FolderOf = (name: (typeof packages)[number]) => string;

/** Modules of which each has in it all that it needs: our packages as built, pako, and what is in this folder. */
export interface Bundles {
  readonly portable: string;
  readonly client: string;
  readonly server: string;
}

let made: Promise<Bundles> | undefined;

/** With EMBED_DIST=1 (CI, where dist/ has just been built) of the files as published, else of the same JavaScript, built by the same configuration without its types. */
export function bundles(): Promise<Bundles> {
  return (made ??= process.env["EMBED_DIST"] === "1" ? bundleAll((name) => `${root}packages/${name}/dist`) : buildAndBundleAll());
}

async function buildAndBundleAll(): Promise<Bundles> {
  // Below node_modules, so that what the packages import is found.
  mkdirSync(`${root}node_modules/.cache`, { recursive: true });
  const folder = mkdtempSync(`${root}node_modules/.cache/embedding-`);
  const folderOf: FolderOf = (name) => `${folder}/${name}`;
  try {
    const tsup = `${root}node_modules/.bin/tsup`;
    const args = ["--silent", "--no-dts", "--no-sourcemap", "--out-dir"];
    await Promise.all(packages.map((name) => promisify(execFile)(tsup, [...args, folderOf(name)], { cwd: `${root}packages/${name}` })));
    return await bundleAll(folderOf);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bundleAll(folderOf: FolderOf): Promise<Bundles> {
  const [portable, client, server] = await Promise.all(
    ["portable.ts", "workerd/client.ts", "workerd/server.ts"].map((entry) => bundle(entry, folderOf)),
  );
  return { portable: portable!, client: client!, server: server! };
}

async function bundle(entry: string, folderOf: FolderOf): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${here}${entry}`],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2023",
    alias: {
      "@ws/codec": `${folderOf("codec")}/index.js`,
      "@ws/protocol/deflate": `${folderOf("protocol")}/deflate/index.js`,
      "@ws/protocol/handshake": `${folderOf("protocol")}/handshake/index.js`,
      "@ws/protocol/internal": `${folderOf("protocol")}/internal.js`,
      "@ws/protocol/pako": `${folderOf("protocol")}/deflate/pako.js`,
      "@ws/protocol": `${folderOf("protocol")}/index.js`,
      "@ws/endpoint/streams": `${folderOf("endpoint")}/streams/index.js`,
      "@ws/endpoint": `${folderOf("endpoint")}/index.js`,
    },
    external: ["cloudflare:*"],
    absWorkingDir: root,
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs);
  const sources = inputs.filter((input) => packages.some((name) => input.startsWith(`packages/${name}/src/`)));
  if (sources.length > 0) throw new Error(`not as built: ${sources.join(", ")}`);
  for (const name of packages) {
    const folder = relative(root, folderOf(name));
    if (!inputs.some((input) => input.startsWith(`${folder}/`))) throw new Error(`${entry} has nothing of ${folder}`);
  }
  return outputFiles[0]!.text;
}
