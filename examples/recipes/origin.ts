/** Which pages may connect: by default those of this very host; others by name. */
import { connect, HandshakeError, listen } from "@ws/node";

const server = await listen({ allowedOrigins: ["https://app.example.com"] }, {});
for (const origin of ["https://app.example.com", "https://evil.example.com", undefined]) {
  try {
    const connection = await connect(server.url, { origin });
    console.log(origin ?? "not a page", "may connect");
    connection.close();
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    console.log(origin, error.status);
  }
}
await server.close();

/* prints
https://app.example.com may connect
https://evil.example.com 403
not a page may connect
*/
