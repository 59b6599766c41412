/** Text arrives as a string, binary as bytes of one's own, which every API of the platform takes. */
import { connect, listen } from "@ws/node";

const server = await listen({}, { message: (connection, message) => void connection.send(message) });
const connection = await connect(server.url);
connection.send("grüß dich");
connection.send(Uint8Array.of(1, 2, 3));
connection.send(new Float64Array([0.5]));

let left = 3;
for await (const message of connection) {
  if (typeof message === "string") {
    console.log("text", message);
  } else {
    const digest = await crypto.subtle.digest("SHA-256", message);
    console.log("binary", new Blob([message]).size, new Uint8Array(digest).subarray(0, 2).join(" "));
  }
  if (--left === 0) connection.close();
}
await server.close();

/* prints
text grüß dich
binary 3 3 144
binary 8 76 250
*/
