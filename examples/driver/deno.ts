/** Lets `@ws/deno`'s client be tested: `deno run --allow-net --allow-env --conditions=@ws/source examples/driver/deno.ts --url ws://127.0.0.1:9001 --agent deno`. */
import { connect } from "@ws/deno";

import { connectOptions, parseDriverOptions, runCases, usage } from "./convention.ts";

const options = parseDriverOptions(Deno.args, "@ws/deno");
if (typeof options !== "object") {
  if (options === undefined) console.log(usage);
  else console.error(`${options}\n\n${usage}`);
  Deno.exit(options === undefined ? 0 : 2);
}

const count = await runCases(options, (url) => connect(url, connectOptions(options)));
console.log(`${count} cases`);
Deno.exit(0);
