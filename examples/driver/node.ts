/** Lets `@ws/node`'s client be tested: `node --conditions=@ws/source examples/driver/node.ts --url ws://127.0.0.1:9001 --agent node`. */
import { connect } from "@ws/node";

import { parseDriverOptions, runCases, usage } from "./convention.ts";

const options = parseDriverOptions(process.argv.slice(2), "@ws/node");
if (typeof options !== "object") {
  if (options === undefined) console.log(usage);
  else console.error(`${options}\n\n${usage}`);
  process.exit(options === undefined ? 0 : 2);
}

const compress = options.deflate && { threshold: 0 };
const count = await runCases(options, (url) =>
  // The fuzzer ends each case itself: a busy machine, on which it is late, is no reason to give up before.
  connect(url, { compress, maxMessageBytes: 64 << 20, maxBufferedBytes: 80 << 20, handshakeTimeout: 60_000, closeTimeout: 60_000 }),
);
console.log(`${count} cases`);
process.exit(0);
