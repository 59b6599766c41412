// In Node the package takes its WebSocket from faye-websocket, in bundles the global one (its `browser` field). The file that says so is
// exchanged here as a bundler does; everything else is the package as it is.
import { createRequire } from "node:module";

import { equal, library, makeGlobal } from "./library.mjs";

makeGlobal();
const require = createRequire(import.meta.url);
const driver = require.resolve("sockjs-client/lib/transport/driver/websocket.js");
require(driver);
require.cache[driver].exports = require("sockjs-client/lib/transport/browser/websocket.js");
const SockJS = require("sockjs-client");

await library(async (address) => {
  const socket = new SockJS(`http://${address}/echo`, undefined, { transports: ["websocket"] });
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onclose = ({ code, reason }) => reject(new Error(`${code} ${reason}`));
  });
  equal(socket.transport, "websocket", "transport");
  const received = [];
  const done = new Promise((resolve) => {
    socket.onmessage = ({ data }) => received.push(data) === 3 && resolve();
  });
  const messages = ["one", "ä€", "x".repeat(50_000)];
  for (const message of messages) socket.send(message);
  await done;
  equal(received, messages, "echo");
  const closed = new Promise((resolve) => (socket.onclose = resolve));
  socket.close(1000, "done");
  equal((await closed).wasClean, true, "closed");
  return "info, WebSocket transport, echo, close";
});
