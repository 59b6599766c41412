/** Lets `@ws/node`'s client be tested: `node --conditions=@ws/source examples/driver/node.ts --url ws://127.0.0.1:9001 --agent node`. */
import { connect } from "@ws/node";

import { connectOptions, parseDriverOptions, runCases, usage } from "./convention.ts";

const options = parseDriverOptions(process.argv.slice(2), "@ws/node");
if (typeof options !== "object") {
  if (options === undefined) console.log(usage);
  else console.error(`${options}\n\n${usage}`);
  process.exit(options === undefined ? 0 : 2);
}

const count = await runCases(options, (url) => connect(url, connectOptions(options)));
console.log(`${count} cases`);
process.exit(0);
