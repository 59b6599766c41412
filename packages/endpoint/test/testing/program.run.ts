/** A program's tests with the runner of its own runtime. With the argument or variable LOSE an error of a handler is waited for by nobody. */
import { connectedPair } from "@ws/endpoint/testing";

type Runner = (name: string, run: () => Promise<void>) => unknown;
const { Deno: deno } = globalThis as { Deno?: { test: Runner } };
const test: Runner = deno?.test ?? ((await import("Bun" in globalThis ? "bun:test" : "node:test")) as { test: Runner }).test;

test("an idle connection is closed", async () => {
  const { client, clock } = await connectedPair(
    { idleTimeout: 60_000 },
    { message: (connection, message) => void connection.send(message) },
  );
  client.send("hello");
  await clock.advance(60_000);
  const { code } = await client.closed;
  if (code !== 1001) throw new Error(`closed with ${code}`);
});

test("what a handler throws is thrown where the test waits", async () => {
  const fail = (): never => {
    throw new Error("a mistake");
  };
  const { client, clock } = await connectedPair({}, { message: fail });
  client.send("hello");
  const lost = process.env["LOSE"] !== undefined;
  const told = await (lost ? client.closed : clock.advance(0)).then(String, (error: Error) => error.message);
  if (!lost && told !== "a mistake") throw new Error(told);
});
