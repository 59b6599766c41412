/** A browser sends its cookies with the opening request: whoever has no valid session is refused before a connection exists. */
import { connect, HandshakeError, listen } from "@ws/node";

const sessions = new Map([["abc123", "Grace"]]);

function sessionOf(cookies: string | null): string | undefined {
  return /(?:^|; *)session=([^;]*)/.exec(cookies ?? "")?.[1];
}

const server = await listen(
  {
    upgrade: (request) => {
      const name = sessions.get(sessionOf(request.headers.get("cookie")) ?? "");
      return name === undefined ? { status: 401 } : { context: { name }, headers: { "Set-Cookie": "seen=1; HttpOnly" } };
    },
  },
  async (connection) => {
    connection.send(`welcome back, ${connection.context.name}`);
    await connection.closed;
  },
);

for (const cookie of ["session=abc123; theme=dark", "session=expired"]) {
  try {
    const connection = await connect(server.url, { headers: { Cookie: cookie } });
    for await (const message of connection) {
      console.log(message, connection.response?.headers.find(([name]) => name.toLowerCase() === "set-cookie")?.[1]);
      break;
    }
    connection.close();
    await connection.closed;
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    console.log(error.kind, error.status);
  }
}
await server.close();

/* prints
welcome back, Grace seen=1; HttpOnly
refused 401
*/
