/** `await using`: connection and server end with the block, in the opposite order, whatever happens in it. */
import { connect, listen } from "@ws/node";

const closed: string[] = [];
{
  await using server = await listen({}, { close: (_, { code }) => void closed.push(`server ${code}`) });
  await using connection = await connect(server.url);
  connection.send("hello");
  void connection.closed.then(({ code }) => closed.push(`client ${code}`));
}
console.log(closed.sort().join(", "));

/* prints
client 1000, server 1000
*/
