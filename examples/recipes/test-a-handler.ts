/** A test of a handler, without a socket and without waiting: both ends in memory, and a clock that moves when it is told to. */
import { equal } from "node:assert/strict";

import { connectedPair } from "@ws/endpoint/testing";

import type { ConnectionHandlers } from "@ws/node";

// What is tested, as the program gives it to `listen`.
const options = { idleTimeout: 60_000 };
const handler: ConnectionHandlers = { message: (connection, message) => void connection.send(String(message).toUpperCase()) };

const { client, server, clock } = await connectedPair(options, handler);
client.send("hello");
for await (const message of client) {
  equal(message, "HELLO");
  break;
}
await clock.advance(59_999);
equal(server.state, "open");
await clock.advance(1);
equal((await client.closed).code, 1001);
console.log("passed");

/* prints
passed
*/
