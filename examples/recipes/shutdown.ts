/** An end for a server: a signal begins it, every connection gets a Close, and what does not answer is cut off in time. */
import { connect, listen } from "@ws/node";

const stop = new AbortController();
const server = await listen({ signal: stop.signal, closeTimeout: 1000 }, {});
const connection = await connect(server.url);

// A program would write: process.once("SIGTERM", () => stop.abort());
stop.abort();
const { code, wasClean, initiator } = await connection.closed;
console.log(code, wasClean, initiator);
// Resolves when everything is released.
await server.close();
console.log(server.connections.size);

/* prints
1001 true remote
0
*/
