/** A page cannot set headers of a WebSocket: its token travels as a subprotocol, which the server takes out and does not choose. */
import { listen, WebSocket } from "@ws/node";

const server = await listen(
  {
    subprotocols: ["chat"],
    upgrade: ({ subprotocols }) => {
      const token = subprotocols.find((name) => name.startsWith("token."))?.slice("token.".length);
      return token === "s3cret" ? { context: { token } } : { status: 403 };
    },
  },
  { open: (connection) => void connection.send(`${connection.subprotocol} for ${connection.context.token}`) },
);

// The browser's class, and what a page writes.
const socket = new WebSocket(server.url, ["chat", "token.s3cret"]);
await new Promise<void>((resolve) => {
  socket.addEventListener("message", (event) => {
    console.log(event.data);
    socket.close();
  });
  socket.addEventListener("close", () => resolve());
});
await server.close();

/* prints
chat for s3cret
*/
