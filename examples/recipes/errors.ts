/** Errors by their kind: few, stable, and enough to decide by; the code says the rest. */
import { CloseCode, connect, ConnectionError, HandshakeError, listen } from "@ws/node";

const server = await listen({ maxMessageBytes: 10, upgrade: ({ target }) => (target === "/" ? {} : { status: 404 }) }, {});

function advice(error: unknown): string {
  if (!(error instanceof ConnectionError || error instanceof HandshakeError)) throw error;
  switch (error.kind) {
    case "refused":
      return "ask for something else";
    case "lost":
    case "timeout":
      return "try again later";
    case "limit":
      return "send less";
    case "aborted":
      return "we did that ourselves";
    case "protocol":
    case "internal":
      return "report a bug";
  }
}

for (const attempt of [
  () => connect(new URL("/nothing", server.url)),
  () => connect("ws://127.0.0.1:1/"),
  () => connect(server.url, { signal: AbortSignal.abort() }),
]) {
  await attempt().catch((error: unknown) => console.log(advice(error)));
}
const connection = await connect(server.url);
connection.send("much more than ten bytes");
// The server closes, and says by the code why: an orderly end, though not a happy one.
const { wasClean, code } = await connection.closed;
console.log(wasClean, code === CloseCode.TOO_BIG);
await server.close();

/* prints
ask for something else
try again later
we did that ourselves
true true
*/
