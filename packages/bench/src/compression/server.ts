/** Our echo server on Node with any settings of the extension: `node server.ts PORT '{"level":6}'`. */
import { permessageDeflate } from "@ws/endpoint/zlib";
import { listen } from "@ws/node";

const [port = "0", options = "{}"] = process.argv.slice(2);
await listen(
  {
    port: Number(port),
    hostname: "127.0.0.1",
    maxMessageBytes: 1 << 26,
    // With a number of zlib streams too, which the option `compress` does not choose.
    extensions: [permessageDeflate({ threshold: 0, ...(JSON.parse(options) as object) })],
  },
  { message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined) },
);
console.log("ready");
