/** A server that is there already, such as that of a framework: only its upgrades are ours. */
import { createServer } from "node:http";

import { acceptUpgrade, connect } from "@ws/node";

const server = createServer((_, response) => response.end("a page"));
server.on("upgrade", (request, socket, head) => {
  void acceptUpgrade(request, socket, head, {}, { message: (connection, message) => void connection.send(message) });
});
const port = await new Promise<number>((resolve) =>
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address !== null) resolve(address.port);
  }),
);

console.log(await (await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: "close" } })).text());
const connection = await connect(`ws://127.0.0.1:${port}/`);
connection.send("a message");
for await (const message of connection) {
  console.log(message);
  connection.close();
}
server.close();

/* prints
a page
a message
*/
