/** Paths: the answer of `upgrade` brings the handler; what is no path of ours is 404. */
import { connect, type ConnectionHandlers, HandshakeError, listen } from "@ws/node";

const routes: Record<string, ConnectionHandlers> = {
  "/upper": { message: (connection, message) => void connection.send(String(message).toUpperCase()) },
  "/count": { message: (connection, message) => void connection.send(String(message.length)) },
};

const server = await listen(
  {
    upgrade: (request) => {
      const handler = routes[new URL(request.url).pathname];
      return handler === undefined ? { status: 404 } : { handler };
    },
  },
  {},
);

for (const path of ["/upper", "/count?x=1", "/nowhere"]) {
  try {
    const connection = await connect(new URL(path, server.url));
    connection.send("hello");
    for await (const message of connection) {
      console.log(path, message);
      break;
    }
    connection.close();
    await connection.closed;
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    console.log(path, error.status);
  }
}
await server.close();

/* prints
/upper HELLO
/count?x=1 5
/nowhere 404
*/
