/** To everybody: a prepared message is encoded once, whatever the number of connections. */
import { connect, listen, prepareMessage, type Server } from "@ws/node";

function broadcast(server: Server, text: string): number {
  const message = prepareMessage(text);
  let reached = 0;
  // Whoever is slow is left out, and asked for nothing: "full" tells that its buffer is above the mark.
  for (const connection of server.connections) if (connection.send(message) !== "closing") reached++;
  return reached;
}

const server = await listen({}, {});
const clients = await Promise.all([1, 2, 3].map(() => connect(server.url)));
const heard = clients.map(async (client) => {
  for await (const message of client) return message;
  return "nothing";
});
console.log(broadcast(server, "news"), "of", server.connections.size);
console.log((await Promise.all(heard)).join(", "));
for (const client of clients) client.close();
await server.close();

/* prints
3 of 3
news, news, news
*/
