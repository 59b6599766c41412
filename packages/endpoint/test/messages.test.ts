import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, openPair } from "./support/pair.ts";

describe("messages between two connections", () => {
  test("text arrives as string and binary as bytes, in order, both ways", async () => {
    const pair = await openPair();
    const { client, server } = pair;
    expect(client.send("hällo")).toBe("ready");
    expect(client.send(Uint8Array.of(1, 2, 3))).toBe("ready");
    const messages = server[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe("hällo");
    expect((await messages.next()).value).toEqual(Uint8Array.of(1, 2, 3));
    server.send("back");
    expect((await client[Symbol.asyncIterator]().next()).value).toBe("back");
    await closePair(pair);
  });

  test("§7.1.1 a closing handshake ends iteration normally on both sides, and `closed` tells both", async () => {
    const pair = await openPair();
    const { client, server } = pair;
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const message of server) seen.push(message);
    })();
    client.send("last");
    client.close(1000, "done");
    await loop;
    await settle();
    expect(seen).toEqual(["last"]);
    expect(await server.closed).toMatchObject({ code: 1000, reason: "done", wasClean: true, initiator: "remote", error: undefined });
    expect(await client.closed).toMatchObject({ code: 1000, wasClean: true, initiator: "local", error: undefined });
    expect(client.send("late")).toBe("closing");
    await closePair(pair);
  });
});
