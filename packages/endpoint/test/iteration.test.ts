import { Opcode } from "@ws/codec";
import { ConnectionError } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

describe("iterator style", () => {
  test("messages wait for the program, and the loop takes them in order", async () => {
    const { peer, connection } = await openRaw();
    const texts = Array.from({ length: 3000 }, (_, index) => String(index));
    peer.write(...texts.map((text) => clientFrame(Opcode.TEXT, text)));
    peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
    peer.transport.end();
    await settle();
    const seen: unknown[] = [];
    for await (const message of connection) seen.push(message);
    expect(seen).toEqual(texts);
    for await (const message of connection) seen.push(message);
    expect(seen).toHaveLength(3000);
  });

  test("it throws once when the connection is lost, after what was received before", async () => {
    const { peer, connection } = await openRaw();
    peer.write(clientFrame(Opcode.TEXT, "before"));
    await settle();
    peer.transport.destroy();
    await settle();
    const seen: unknown[] = [];
    await expect(
      (async () => {
        for await (const message of connection) seen.push(message);
      })(),
    ).rejects.toMatchObject({ name: "ConnectionError", code: "TRANSPORT_LOST", closeCode: 1006 });
    expect(seen).toEqual(["before"]);
    // The error is told once; what comes after it is the end.
    expect(await connection[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    expect(await connection.closed).toMatchObject({ code: 1006, wasClean: false, initiator: "remote" });
  });

  test("it throws when the peer breaks the protocol, with the rule", async () => {
    const { peer, connection } = await openRaw();
    const reading = connection[Symbol.asyncIterator]().next();
    peer.write(clientFrame(Opcode.CONTINUATION, "x"));
    await settle();
    peer.transport.end();
    await expect(reading).rejects.toBeInstanceOf(ConnectionError);
    await expect(reading).rejects.toMatchObject({ code: "CONTINUATION_UNEXPECTED", closeCode: 1002, section: "RFC 6455 §5.4" });
  });

  test("leaving the loop closes nothing; a later loop goes on behind the last message taken", async () => {
    const { peer, connection } = await openRaw();
    peer.write(clientFrame(Opcode.TEXT, "1"), clientFrame(Opcode.TEXT, "2"), clientFrame(Opcode.TEXT, "3"));
    for await (const message of connection) if (message === "1") break;
    expect(connection.state).toBe("open");
    const rest: unknown[] = [];
    for await (const message of connection) if (rest.push(message) === 2) break;
    expect(rest).toEqual(["2", "3"]);
  });

  test("several next() at once are answered in order; of those that wait, one learns of the error", async () => {
    const { peer, connection } = await openRaw();
    const iterator = connection[Symbol.asyncIterator]();
    const waiting = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    peer.write(clientFrame(Opcode.TEXT, "1"), clientFrame(Opcode.TEXT, "2"));
    await settle();
    peer.transport.destroy();
    const results = await Promise.allSettled(waiting);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await waiting[1]).toEqual({ done: false, value: "2" });
    expect(await waiting[3]).toEqual({ done: true, value: undefined });
  });
});
