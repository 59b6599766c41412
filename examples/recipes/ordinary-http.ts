/** Pages and connections on one port. */
import { connect, listen } from "@ws/node";

const server = await listen(
  { fetch: (request) => new Response(`page ${new URL(request.url).pathname}`) },
  { open: (one) => void one.send("hi") },
);
console.log(await (await fetch(server.url.replace("ws:", "http:"))).text());
const connection = await connect(server.url);
for await (const message of connection) {
  console.log(message);
  connection.close();
}
await server.close();

/* prints
page /
hi
*/
