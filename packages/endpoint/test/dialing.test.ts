import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect, test } from "vitest";

import { dialSocket } from "../src/node-http/dialing.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("a stream that is connected holds nothing of the opening that asked for it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const { port } = server.address() as AddressInfo;
  const dial = async () => {
    const opening = { handshake: true };
    const transport = await dialSocket({ secure: false, hostname: "127.0.0.1", port }, undefined, undefined, (cancel) => [opening, cancel]);
    return { transport, held: new WeakRef(opening) };
  };
  const { transport, held } = await dial();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(held.deref()).toBeUndefined();

  transport.destroy();
  ((await accepted) as [Socket])[0].destroy();
  server.close();
});
