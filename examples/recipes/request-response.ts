/** Questions with answers over one connection, in any order: each carries a number, and its answer the same. */
import { connect, type Connection, listen } from "@ws/node";

interface Question {
  readonly id: number;
  readonly square: number;
}
interface Answer {
  readonly id: number;
  readonly result: number;
}

const server = await listen(
  {},
  {
    message: async (connection, message) => {
      const { id, square }: Question = JSON.parse(String(message));
      connection.send(JSON.stringify({ id, result: square ** 2 } satisfies Answer));
    },
  },
);

function client(connection: Connection): (square: number) => Promise<number> {
  const waiting = new Map<number, (result: number) => void>();
  let last = 0;
  void (async () => {
    for await (const message of connection) {
      const { id, result }: Answer = JSON.parse(String(message));
      waiting.get(id)?.(result);
      waiting.delete(id);
    }
  })();
  return (square) =>
    new Promise((resolve) => {
      const id = ++last;
      waiting.set(id, resolve);
      connection.send(JSON.stringify({ id, square } satisfies Question));
    });
}

const connection = await connect(server.url);
const squared = client(connection);
console.log((await Promise.all([squared(3), squared(4), squared(5)])).join(" "));
connection.close();
await server.close();

/* prints
9 16 25
*/
