/** JSON in, JSON out; what is no JSON ends the connection with a code that says so, and nothing else. */
import { CloseCode, connect, type Connection, listen } from "@ws/node";

type Message = { readonly type: "add"; readonly numbers: readonly number[] } | { readonly type: "bye" };

function parse(text: string | Uint8Array): Message | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
    if (value.type === "bye") return { type: "bye" };
    if (value.type !== "add" || !("numbers" in value) || !Array.isArray(value.numbers)) return undefined;
    return { type: "add", numbers: value.numbers.filter((one) => typeof one === "number") };
  } catch {
    return undefined;
  }
}

const sendJson = (connection: Connection, value: unknown): unknown => connection.send(JSON.stringify(value));

const server = await listen(
  {},
  {
    message: (connection, text) => {
      const message = parse(text);
      if (message === undefined) connection.close(CloseCode.UNSUPPORTED_DATA, "JSON, please");
      else if (message.type === "bye") connection.close(CloseCode.NORMAL, "bye");
      else sendJson(connection, { sum: message.numbers.reduce((sum, number) => sum + number, 0) });
    },
  },
);

for (const second of [{ type: "bye" }, "nonsense"]) {
  const connection = await connect(server.url);
  sendJson(connection, { type: "add", numbers: [1, 2, 3] });
  sendJson(connection, second);
  for await (const message of connection) console.log(message);
  const { code, reason } = await connection.closed;
  console.log(code, reason);
}
await server.close();

/* prints
{"sum":6}
1000 bye
{"sum":6}
1003 JSON, please
*/
