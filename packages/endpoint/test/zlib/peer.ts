// One side of an interop run: our adapter inside this runtime. The other side is in the test's own process.
import type * as Adapter from "@ws/node";

import { conversation, type Dialled } from "./conversation.ts";

const [runtime = "", job = "", argument = "{}"] = process.argv.slice(2);
const { listen, connect } = (await import(`@ws/${runtime}`)) as typeof Adapter;

if (job === "serve") {
  const { maxMessageBytes, ...options } = JSON.parse(argument) as Adapter.DeflateOptions & { maxMessageBytes?: number };
  const server = await listen(
    {
      port: 0,
      hostname: "127.0.0.1",
      allowedOrigins: "any",
      maxMessageBytes,
      compress: { threshold: 0, ...options },
    },
    {
      message(connection, message) {
        if (message === "memory?")
          connection.send(JSON.stringify({ most: process.resourceUsage().maxRSS * 1024, now: process.memoryUsage().rss }));
        else if (message === "extensions?") connection.send(connection.extensions);
        else return connection.send(message) === "full" ? connection.ready : undefined;
        return undefined;
      },
    },
  );
  console.log(JSON.stringify({ port: server.port }));
} else {
  // Converses with an echo server, once for each set of offers.
  for (const { url, offer, large } of JSON.parse(argument) as Dialled[]) {
    const connection = await connect(url, { maxMessageBytes: 1 << 24, compress: { threshold: 0, offers: [offer] } });
    const messages = connection[Symbol.asyncIterator]();
    let result = "good";
    for (const [index, message] of conversation(large).entries()) {
      connection.send(message);
      const answer = (await messages.next()).value as string | Uint8Array | undefined;
      const same =
        typeof message === "string" || typeof answer !== "object"
          ? answer === message
          : answer.length === message.length && message.every((byte, at) => answer[at] === byte);
      if (!same) result = `message ${index} came back different`;
    }
    connection.close();
    const { code } = await connection.closed;
    console.log(JSON.stringify({ offer, extensions: connection.extensions, result, code }));
  }
  process.exit(0);
}
