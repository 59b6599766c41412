import { Opcode } from "@ws/codec";
import { InvalidStateError, prepareMessage } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, openPair, wellFormed } from "./support/pair.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const CHUNK = new Uint8Array(16 * 1024).fill(7);
const HUGE = Number.MAX_SAFE_INTEGER;

describe("one message larger than memory", () => {
  test("64 MiB pass as one message, with bounded buffers on both sides", async () => {
    const pair = await openPair({ server: { streaming: true, maxMessageBytes: HUGE, maxFragments: 1e6 } });
    const { client, server } = pair;
    const count = 4096;
    let most = 0;
    function* chunks() {
      for (let index = 0; index < count; index++) yield CHUNK;
    }
    const sending = client.sendStream(chunks());
    let received = 0;
    let messages = 0;
    const reading = (async () => {
      for await (const message of server.incoming()) {
        messages++;
        expect(message.type).toBe("binary");
        for await (const chunk of message) {
          received += chunk.length;
          most = Math.max(most, client.bufferedBytes);
        }
      }
    })();
    expect(await sending).toBe("ready");
    await closePair(pair);
    await reading;
    expect([received, messages]).toEqual([count * CHUNK.length, 1]);
    expect(most).toBeLessThan(256 * 1024);
  });

  test("a piece is bytes of any view, and anything else a TypeError", async () => {
    const pair = await openPair({});
    const buffer = Uint8Array.of(9, 1, 2, 3, 4, 9).buffer;
    const pieces = [new DataView(buffer, 1, 1), new Uint16Array(buffer, 2, 1), buffer.slice(4, 5), Uint8Array.of(5)];
    expect(await pair.client.sendStream(pieces)).toBe("ready");
    const writer = pair.client.beginMessage("binary")!;
    for (const piece of pieces) writer.write(piece);
    for (const wrong of [null, 5, {}, [1]]) expect(() => writer.write(wrong as never)).toThrow(TypeError);
    writer.end(pieces[0]);
    const received: string[] = [];
    for await (const message of pair.server) if (received.push(String(message)) === 2) break;
    expect(received).toEqual(["1,2,3,4,5", "1,2,3,4,5,1"]);
    for (const wrong of [null, 5, "text", [1]]) await expect(pair.client.ping(wrong as never)).rejects.toThrow(TypeError);
    expect(await pair.client.ping(new DataView(buffer))).toBeGreaterThanOrEqual(0);
    await closePair(pair);
  });

  test("text is cut between characters, and pieces of the program may cut surrogate pairs", async () => {
    const pair = await openPair({ server: { streaming: true }, toServer: { chunkSize: () => 3 } });
    const text = "añ€😀".repeat(20);
    void pair.client.sendStream(text.split(""));
    pair.client.send("next");
    const texts: string[] = [];
    for await (const message of pair.server.incoming()) {
      let whole = "";
      for await (const piece of message) {
        expect(wellFormed(piece as string)).toBe(piece);
        whole += piece as string;
      }
      if (texts.push(`${message.type} ${whole}`) === 2) break;
    }
    expect(texts).toEqual([`text ${text}`, "text next"]);
    await closePair(pair);
  });

  test("a message that is not read to its end is dropped when the next is asked for", async () => {
    const { peer, connection } = await openRaw({ streaming: true });
    peer.write(clientFrame(Opcode.TEXT, "a", false), clientFrame(Opcode.CONTINUATION, "b", false));
    const incoming = connection.incoming();
    const first = (await incoming.next()).value!;
    expect((await first.next()).value).toBe("a");
    const next = incoming.next();
    peer.write(clientFrame(Opcode.CONTINUATION, "c"), clientFrame(Opcode.BINARY, Uint8Array.of(1)));
    const second = (await next).value!;
    expect(second.type).toBe("binary");
    expect((await second.next()).value).toEqual(Uint8Array.of(1));
    expect(await second.next()).toEqual({ done: true, value: undefined });
    expect(await first.next()).toEqual({ done: true, value: undefined });
  });

  test("a consumer that stops in the middle of a message stops the peer", async () => {
    const { peer, connection, transport } = await openRaw({ streaming: true, maxMessageBytes: HUGE });
    peer.write(clientFrame(Opcode.BINARY, CHUNK, false));
    for (let index = 0; index < 200; index++) peer.write(clientFrame(Opcode.CONTINUATION, CHUNK, false));
    await settle();
    expect(transport.reading).toBe(false);
    expect(peer.transport.bufferedBytes).toBeGreaterThan(2_900_000);
    peer.write(clientFrame(Opcode.CONTINUATION));
    let received = 0;
    for await (const chunk of (await connection.incoming().next()).value!) received += chunk.length;
    expect(received).toBe(201 * CHUNK.length);
  });

  test("handler style: chunk, with the ends of each message marked", async () => {
    const log: unknown[] = [];
    const { peer } = await openRaw({}, { chunk: (_, chunk, first, last) => log.push([chunk, first, last]) });
    peer.write(
      clientFrame(Opcode.TEXT, "a", false),
      clientFrame(Opcode.PING),
      clientFrame(Opcode.CONTINUATION, "b"),
      clientFrame(Opcode.BINARY, Uint8Array.of(1)),
    );
    await settle();
    expect(log).toEqual([
      ["a", true, false],
      ["b", false, true],
      [Uint8Array.of(1), true, true],
    ]);
  });

  test("iteration and the option streaming belong together", async () => {
    const whole = await openRaw();
    expect(() => whole.connection.incoming()).toThrow(TypeError);
    const streamed = await openRaw({ streaming: true });
    expect(() => streamed.connection[Symbol.asyncIterator]()).toThrow(TypeError);
  });

  test("the loss of the connection in the middle of a message is thrown to who reads it", async () => {
    const { peer, connection } = await openRaw({ streaming: true });
    peer.write(clientFrame(Opcode.TEXT, "a", false));
    const message = (await connection.incoming().next()).value!;
    expect((await message.next()).value).toBe("a");
    peer.transport.destroy();
    await expect(message.next()).rejects.toMatchObject({ code: "TRANSPORT_LOST" });
  });
});

describe("§5.4 order while a streamed message is open", () => {
  test("whole messages, a second stream and Close wait for its end; pings do not", async () => {
    const { peer, connection } = await openRaw();
    const writer = connection.beginMessage("text")!;
    expect(writer.write("one ")).toBe("ready");
    expect(connection.send("whole")).toBe("ready");
    expect(connection.send(prepareMessage("prepared"))).toBe("ready");
    expect(connection.bufferedBytes).toBeGreaterThanOrEqual("whole".length + "prepared".length);
    const second = connection.sendStream([Uint8Array.of(1), Uint8Array.of(2)]);
    void connection.ping(Uint8Array.of(9));
    await settle();
    expect(() => connection.beginMessage("text")).toThrow(InvalidStateError);
    expect(peer.takeFrames("client").map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [Opcode.TEXT, false],
      [Opcode.PING, true],
    ]);
    expect(writer.end("message")).toBe("ready");
    expect(await second).toBe("ready");
    const third = connection.beginMessage("binary")!;
    third.write(Uint8Array.of(3));
    connection.send("accepted before the close");
    connection.close(1000);
    expect(connection.state).toBe("closing");
    expect(connection.send("after the close")).toBe("closing");
    await settle();
    third.end();
    await settle();
    expect(peer.takeFrames("client").map(({ opcode, fin, payload }) => [opcode, fin, String.fromCharCode(...payload)])).toEqual([
      [Opcode.CONTINUATION, true, "message"],
      [Opcode.TEXT, true, "whole"],
      [Opcode.TEXT, true, "prepared"],
      [Opcode.BINARY, false, "\u0001"],
      [Opcode.CONTINUATION, false, "\u0002"],
      [Opcode.CONTINUATION, true, ""],
      [Opcode.BINARY, false, "\u0003"],
      [Opcode.CONTINUATION, true, ""],
      [Opcode.TEXT, true, "accepted before the close"],
      [Opcode.CLOSE, true, "\u0003\u00e8"],
    ]);
    expect(() => third.write(Uint8Array.of(4))).toThrow(InvalidStateError);
    expect(connection.beginMessage("text")).toBeUndefined();
  });

  test("the order of the calls is kept, though a source answers later", async () => {
    const { peer, connection } = await openRaw();
    const slow = async function* (text: string) {
      await settle();
      yield text;
    };
    const streams = [connection.sendStream(slow("1"))];
    connection.send("2");
    streams.push(connection.sendStream(slow("3")));
    connection.send("4");
    const failing = connection.sendStream({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("none")) }) });
    connection.send("5");
    await expect(failing).rejects.toThrow("none");
    await Promise.all(streams);
    await settle();
    expect(
      peer
        .takeFrames("client")
        .map(({ payload }) => String.fromCharCode(...payload))
        .join(""),
    ).toBe("12345");
    expect(connection.bufferedBytes).toBe(0);
  });

  test("an empty stream is an empty message", async () => {
    const { peer, connection } = await openRaw();
    await connection.sendStream([], { type: "text" });
    await connection.sendStream([]);
    await settle();
    expect(peer.takeFrames("client")).toMatchObject([
      { opcode: Opcode.TEXT, fin: true },
      { opcode: Opcode.BINARY, fin: true },
    ]);
  });

  test("a source that throws cannot be completed: 1011, and the promise rejects", async () => {
    const { peer, connection } = await openRaw();
    const source = async function* () {
      yield "begun";
      await settle();
      throw new Error("disk");
    };
    const sending = connection.sendStream(source());
    const waiting = connection.sendStream(["never"]);
    await expect(sending).rejects.toThrow("disk");
    expect(await waiting).toBe("closing");
    await settle();
    expect(peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CLOSE]);
    expect(connection.state).toBe("closing");
  });

  test("a source that throws before its first piece harms nothing", async () => {
    const { connection } = await openRaw();
    const source = (): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no such file")) }),
    });
    await expect(connection.sendStream(source())).rejects.toThrow("no such file");
    expect(connection.state).toBe("open");
    expect(connection.send("still")).toBe("ready");
  });

  test("mixing strings and bytes is a TypeError, and closes with 1011", async () => {
    const { connection } = await openRaw();
    await expect(connection.sendStream(["text", Uint8Array.of(1)])).rejects.toBeInstanceOf(TypeError);
    expect(connection.state).toBe("closing");
  });

  test("whoever waits behind a writer that is never ended learns of the connection's end", async () => {
    const { peer, connection } = await openRaw();
    connection.beginMessage("text")!.write("begun");
    const waiting = connection.sendStream(["never"]);
    peer.transport.destroy();
    expect(await waiting).toBe("closing");
  });

  test("the end of the connection ends the stream: the source is told, nothing waits for ever", async () => {
    const { peer, connection, clock } = await openRaw();
    let returned = false;
    const source = async function* () {
      try {
        for (;;) {
          yield "x";
          await settle();
        }
      } finally {
        returned = true;
      }
    };
    const sending = connection.sendStream(source());
    const waiting = connection.sendStream(["never"]);
    await settle();
    peer.transport.destroy();
    expect(await sending).toBe("closing");
    expect(await waiting).toBe("closing");
    // It was in the middle of its own wait.
    await settle();
    await settle();
    expect(returned).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
