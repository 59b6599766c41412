import { acceptConnection, type ConnectionHandlers, connectTarget, memoryTransportPair, openConnection } from "@ws/endpoint";
import { expect, test } from "vitest";

import { manualHost } from "../support/pair.ts";
import { settle } from "../support/clock.ts";

test("§7.1.3 the handler `closing` comes with the peer's Close, behind its messages and before `close`", async () => {
  const { host, group } = manualHost();
  const [client, server] = memoryTransportPair(group.clock);
  const log: string[] = [];
  const recording = (name: string): ConnectionHandlers => ({
    message: (_, message) => void log.push(`${name} ${message as string}`),
    closing: () => void log.push(`${name} closing`),
    close: (_, { code }) => void log.push(`${name} close ${code}`),
  });
  void acceptConnection(host, server, {}, recording("server"));
  const connection = await openConnection(host, connectTarget(new URL("ws://localhost")), () => client, {}, recording("client"));
  connection.send("last");
  connection.close(3000);
  await settle();
  expect(log.filter((entry) => entry.startsWith("server"))).toEqual(["server last", "server closing", "server close 3000"]);
  expect(log.filter((entry) => entry.startsWith("client"))).toEqual(["client closing", "client close 3000"]);
});
