/** Connecting again: what may pass is tried again, with a pause that grows; what will not change is told at once. */
import { connect, type Connection, ConnectionError, HandshakeError, listen } from "@ws/node";

async function connectAgain(url: string, attempts: number, pause = 10): Promise<Connection> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(url);
    } catch (error) {
      const passes = error instanceof HandshakeError && (error.kind === "lost" || error.kind === "timeout" || error.status >= 500);
      if (!passes || attempt === attempts) throw error;
      console.log("attempt", attempt, error.kind, error.status);
      await new Promise((resolve) => setTimeout(resolve, pause * 2 ** attempt * (0.5 + Math.random())));
    }
  }
}

let requests = 0;
const server = await listen({ upgrade: () => (++requests < 3 ? { status: 503 } : {}) }, async (connection) => {
  connection.send("here I am");
  await connection.closed;
});

const connection = await connectAgain(server.url, 5);
try {
  for await (const message of connection) {
    console.log(message);
    connection.abort();
  }
} catch (error) {
  // The loop ends by an error when the connection was lost, and quietly when it was closed.
  if (error instanceof ConnectionError) console.log("lost:", error.kind);
}
await server.close();

/* prints
attempt 1 refused 503
attempt 2 refused 503
here I am
lost: aborted
*/
