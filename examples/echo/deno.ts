/** An echo server on Deno: `deno run --allow-net --allow-env --conditions=@ws/source examples/echo/deno.ts --port 8080`. */
import { listen } from "@ws/deno";

import { complain, explain, parseOptions, usage } from "./options.ts";

const options = parseOptions(Deno.args);
if (typeof options !== "object") {
  if (options === undefined) console.log(usage);
  else console.error(`${options}\n\n${usage}`);
  Deno.exit(options === undefined ? 0 : 2);
}

const { port, maxMessageBytes, handshakeTimeout, deflate } = options;
const compress = deflate && { threshold: 0 };
const server = await listen(
  // A message of the largest size must fit into what may wait to be sent.
  { port, maxMessageBytes, handshakeTimeout, compress, maxBufferedBytes: maxMessageBytes + (16 << 20), borrow: true, onRefused: complain },
  {
    // Waiting for room before the next message keeps a peer that does not read from filling our memory.
    message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined),
  },
).catch((error: unknown) => {
  console.error(`Cannot listen: ${explain(error, port)}`);
  return Deno.exit(1);
});

const stop = async (): Promise<void> => {
  await server.close();
  Deno.exit(0);
};
Deno.addSignalListener("SIGTERM", stop);
Deno.addSignalListener("SIGINT", stop);
console.log(server.url);
