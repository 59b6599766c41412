/** Serves the behaviours inside this runtime for clients in others: prints where, and ends with its standard input. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadAdapter, thisRuntime } from "./adapter.ts";
import { serveBehaviours } from "./behaviours.ts";
import type { Certificate, Path, Target } from "./case.ts";

const { path, certificate } = JSON.parse(process.argv[2] ?? "{}") as { path: Path; certificate: Certificate };
const runtime = thisRuntime();
const folder = mkdtempSync(join(tmpdir(), "ws-contract-"));
const serving = await serveBehaviours(await loadAdapter(runtime), path, certificate, folder);
const target: Target = { ...serving.target, runtime };
process.stdout.write(`${JSON.stringify(target)}\n`);
process.stdin.on("end", () => {
  void serving.close().then(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
process.stdin.resume();
