// The build for browsers: that for Node asks a WebSocket for `binaryType = "nodebuffer"`, which the standard has not.
import { createRequire } from "node:module";

import { equal, library, makeGlobal, once } from "./library.mjs";

makeGlobal();
const { io } = createRequire(import.meta.url)("socket.io-client/dist/socket.io.js");

await library(async (address) => {
  const connect = async () => {
    const socket = io(`http://${address}`, { transports: ["websocket"], forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50 });
    await once(socket, "connect");
    return socket;
  };
  const [one, two] = [await connect(), await connect()];
  equal(await one.emitWithAck("sum", 19, 23), 42, "acknowledgement");
  equal([...new Uint8Array(await one.emitWithAck("bytes", new Uint8Array([1, 2, 3])))], [3, 2, 1], "binary");
  await one.emitWithAck("join", "room");
  const said = once(one, "said");
  two.emit("say", "room", { text: "ä€", list: [1, 2] });
  equal(await said, { text: "ä€", list: [1, 2] }, "broadcast");
  const again = once(one, "disconnect").then(() => once(one, "connect"));
  one.emit("drop me");
  await again;
  equal(await one.emitWithAck("sum", 1, 2), 3, "after reconnecting");
  one.close();
  two.close();
  return "acknowledgements, binary, rooms, reconnection";
});
