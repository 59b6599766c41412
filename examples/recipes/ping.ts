/** How far away is the peer? A Ping, its time, and an end to waiting for it. */
import { connect, listen } from "@ws/node";

const server = await listen({}, {});
const connection = await connect(server.url);
const milliseconds = await connection.ping();
console.log(milliseconds >= 0 && milliseconds < 10_000);

const impatient = AbortSignal.abort(new Error("no time"));
await connection.ping(undefined, { signal: impatient }).catch((error: unknown) => console.log(String(error)));
connection.close();
await server.close();

/* prints
true
Error: no time
*/
