/** One runtime by hand: `node --conditions=@ws/source packages/contract/scripts/try-web.ts Deno [part of a name]`. */
import { makeCertificate, type RuntimeName } from "../src/parent.ts";
import { runWebSuite, startPeers } from "../src/web/parent.ts";

const [runtime = "Node 26", only = ""] = process.argv.slice(2);
const servers = await startPeers();
const began = performance.now();
const results = await runWebSuite(runtime as RuntimeName, { peers: servers.peers, certificate: await makeCertificate(), only });
await servers.stop();
for (const { name, ok, error } of results)
  if (!ok || only !== "") console.log(`${ok ? "ok    " : "FAILED"} ${name}${error ? `\n${error}` : ""}`);
console.log(
  `${results.filter(({ ok }) => ok).length} passed, ${results.filter(({ ok }) => !ok).length} failed, ${Math.round(performance.now() - began)} ms`,
);
