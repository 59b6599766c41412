/** One port, two protocols: the server speaks both, the client chooses, and each has handlers of its own. */
import { connect, type ConnectionHandlers, listen } from "@ws/node";

const json: ConnectionHandlers = { message: (connection, message) => void connection.send(JSON.stringify({ echo: message })) };
const plain: ConnectionHandlers = { message: (connection, message) => void connection.send(message) };

const server = await listen(
  {
    subprotocols: ["v2.json", "v1.plain"],
    upgrade: ({ subprotocol }) => (subprotocol === "v2.json" ? { handler: json } : {}),
  },
  plain,
);

for (const subprotocols of [["v2.json", "v1.plain"], ["v1.plain"], []]) {
  const connection = await connect(server.url, { subprotocols });
  connection.send("hi");
  for await (const message of connection) {
    console.log(connection.subprotocol || "none", message);
    break;
  }
  connection.close();
  await connection.closed;
}
await server.close();

/* prints
v2.json {"echo":"hi"}
v1.plain hi
none hi
*/
