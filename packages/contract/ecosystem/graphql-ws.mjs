import { createClient } from "graphql-ws";

import { equal, library, WebSocket } from "./library.mjs";

await library(async (address) => {
  const client = createClient({ url: `ws://${address}/graphql`, webSocketImpl: WebSocket, lazy: true });
  const query = client.iterate({ query: "query ($name: String) { hello(name: $name) }", variables: { name: "ä€" } });
  equal((await query.next()).value.data.hello, "hello ä€", "query");
  const values = [];
  for await (const { data } of client.iterate({ query: "subscription { count(to: 20) }" })) values.push(data.count);
  equal(
    values,
    Array.from({ length: 20 }, (_, index) => index + 1),
    "subscription",
  );
  for await (const { data } of client.iterate({ query: "subscription { count(to: 100000) }" })) if (data.count === 3) break;
  const { errors } = (
    await client
      .iterate({ query: "{ nothing }" })
      .next()
      .catch((thrown) => ({ value: { errors: thrown } }))
  ).value;
  equal(errors[0].message.includes("nothing"), true, "error");
  await client.dispose();
  return "query, subscription of 20 values, unsubscribing, error";
});
