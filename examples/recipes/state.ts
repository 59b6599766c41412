/** State of a connection: in the variables of its function, or, with handlers, in the context that `upgrade` makes. */
import { connect, listen } from "@ws/node";

const server = await listen(
  { upgrade: () => ({ context: { count: 0 } }) },
  {
    message: (connection) => {
      connection.context.count++;
      connection.send(String(connection.context.count));
    },
  },
);

const [one, other] = [await connect(server.url), await connect(server.url)];
for (const client of [one, one, other]) client.send("count");
for (const [client, messages] of [
  [one, 2],
  [other, 1],
] as const) {
  const heard: string[] = [];
  for await (const message of client) if (heard.push(String(message)) === messages) break;
  console.log(heard.join(" "));
  client.close();
}
await server.close();

/* prints
1 2
1
*/
