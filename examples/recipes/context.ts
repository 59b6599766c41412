/** What `upgrade` answers as `context` is what the connection's handlers know of its user, with its type. */
import { connect, listen } from "@ws/node";

interface User {
  readonly name: string;
  readonly admin: boolean;
}
const users = new Map<string | null, User>([["t0k3n", { name: "Ada", admin: true }]]);

const server = await listen(
  {
    upgrade: (request) => {
      const user = users.get(request.headers.get("x-token"));
      return user === undefined ? { status: 401, body: "Log in first." } : { context: user };
    },
  },
  {
    open: (connection) => void connection.send(`hello ${connection.context.name}${connection.context.admin ? ", my master" : ""}`),
  },
);

const connection = await connect(server.url, { headers: { "X-Token": "t0k3n" } });
for await (const message of connection) {
  console.log(message);
  break;
}
connection.close();
await connection.closed;
await server.close();

/* prints
hello Ada, my master
*/
