/** Lets `@ws/deno`'s client be tested: `deno run --allow-net --allow-env --conditions=@ws/source examples/driver/deno.ts --url ws://127.0.0.1:9001 --agent deno`. */
import { connect } from "@ws/deno";

import { parseDriverOptions, runCases, usage } from "./convention.ts";

const options = parseDriverOptions(Deno.args, "@ws/deno");
if (typeof options !== "object") {
  if (options === undefined) console.log(usage);
  else console.error(`${options}\n\n${usage}`);
  Deno.exit(options === undefined ? 0 : 2);
}

const compress = options.deflate && { threshold: 0 };
const count = await runCases(options, (url) =>
  // The fuzzer ends each case itself: a busy machine, on which it is late, is no reason to give up before.
  connect(url, { compress, maxMessageBytes: 64 << 20, maxBufferedBytes: 80 << 20, handshakeTimeout: 60_000, closeTimeout: 60_000 }),
);
console.log(`${count} cases`);
Deno.exit(0);
