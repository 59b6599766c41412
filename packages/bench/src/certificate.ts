/** A certificate for the servers that speak TLS, as files of this run. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { generate } from "selfsigned";

let made: Promise<[certificate: string, key: string]> | undefined;

export function certificate(): Promise<[certificate: string, key: string]> {
  made ??= make();
  return made;
}

async function make(): Promise<[string, string]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const pems = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", algorithm: "sha256" });
  const files: [string, string] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  writeFileSync(files[0], pems.cert);
  writeFileSync(files[1], pems.private);
  return files;
}
