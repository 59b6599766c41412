// The build for browsers (binary messages are ArrayBuffers), as bundlers without a build step load it; for the upgrade from polling that of the
// package's main entry, whose polling needs no XMLHttpRequest. That one asks a WebSocket for `binaryType = "nodebuffer"`, which the standard has
// not: text only.
import { equal, library, makeGlobal, once } from "./library.mjs";

makeGlobal();
const { Socket } = await import("engine.io-client/dist/engine.io.esm.min.js");
const main = await import("engine.io-client");

await library(async (address) => {
  const direct = new Socket(`ws://${address}`, { transports: ["websocket"] });
  await once(direct, "open");
  const received = [];
  const three = new Promise((resolve) => direct.on("message", (data) => received.push(data) === 3 && resolve()));
  for (const message of ["text ä€", new Uint8Array([1, 2, 3]).buffer, "x".repeat(100_000)]) direct.send(message);
  await three;
  equal([received[0], [...new Uint8Array(received[1])], received[2].length], ["text ä€", [1, 2, 3], 100_000], "echo");
  direct.close();
  // Begins by polling and changes to our WebSocket.
  const upgrading = new main.Socket(`http://${address}`, { transports: [main.Fetch, main.WebSocket] });
  const transport = await once(upgrading, "upgrade");
  equal(transport.name, "websocket", "transport");
  const echo = once(upgrading, "message");
  upgrading.send("after the upgrade");
  equal(await echo, "after the upgrade", "echo");
  upgrading.close();
  return "WebSocket transport with text and binary, upgrade from polling";
});
