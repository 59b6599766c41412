/** Compression is one option on either side; it is used when both have it. */
import { connect, listen } from "@ws/node";

const server = await listen({ compress: true }, { message: (connection, message) => void connection.send(message) });
for (const compress of [false, true]) {
  const connection = await connect(server.url, { compress });
  connection.send("a text that repeats itself, ".repeat(100));
  for await (const message of connection) {
    console.log(message.length, connection.extensions || "as it is");
    connection.close();
  }
}
await server.close();

/* prints
2800 as it is
2800 permessage-deflate
*/
