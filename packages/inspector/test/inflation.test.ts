import { constants, createDeflateRaw } from "node:zlib";

import { describe, expect, test } from "vitest";

import type { FrameEntry } from "../src/model/entry.ts";
import { ConversationLog } from "../src/model/log.ts";
import { textOf } from "../src/model/payload.ts";
import { ACCEPT, bytes, Feed, frame, head, KEY } from "./feed.ts";

/** RFC 7692 §7.2.1 with one stream for all messages: context takeover, by another implementation than the one under test. */
async function compress(messages: readonly string[]): Promise<Uint8Array[]> {
  const stream = createDeflateRaw();
  const results: Uint8Array[] = [];
  for (const message of messages) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.write(message);
    await new Promise<void>((resolve) => {
      stream.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    stream.removeAllListeners("data");
    results.push(Buffer.concat(chunks).subarray(0, -4));
  }
  stream.close();
  return results;
}

function agreed(parameters = ""): Feed {
  return new Feed().handshake(
    head(
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${ACCEPT}`,
      `Sec-WebSocket-Extensions: permessage-deflate${parameters}`,
    ),
    head(
      "GET / HTTP/1.1",
      "Host: a",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${KEY}`,
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    ),
  );
}

function frames(feed: Feed): FrameEntry[] {
  const log = new ConversationLog();
  log.receive(feed.records);
  return log.entries.filter((entry): entry is FrameEntry => entry.kind === "frame");
}

describe("RFC 7692 §7.2.3 examples", () => {
  test("§7.2.3.1 a message in one frame", () => {
    const [hello] = frames(agreed().target(bytes("c1 07 f248cdc9c90700")));
    expect(textOf(hello!)).toBe("Hello");
    expect(hello).toMatchObject({ problems: [], message: { compressed: true }, inflated: { length: 5 } });
  });

  test("§7.2.3.1 the same in two fragments, from the client", () => {
    const [first, second] = frames(
      agreed().client(frame(1, bytes("f248cd"), { fin: false, rsv: 4, key: 7 }), frame(0, bytes("c9c90700"), { key: 8 })),
    );
    expect([first?.inflated, textOf(second!)]).toEqual([undefined, "Hello"]);
  });

  test("§7.2.3.2 the next message shares the window", () => {
    const all = frames(agreed().target(bytes("c1 07 f248cdc9c90700"), bytes("c1 05 f200110000")));
    expect(all.map((each) => textOf(each))).toEqual(["Hello", "Hello"]);
  });
});

test("a stream's messages, of both directions and mixed with others, are inflated", async () => {
  const texts = ["Grüße", "Grüße, Grüße", "", "x".repeat(70_000), "Grüße, Grüße, 👋"];
  const client = await compress(texts);
  const target = await compress(texts);
  const feed = agreed();
  texts.forEach((_text, index) => {
    feed
      .client(frame(1, client[index]!.length === 0 ? bytes("00") : client[index]!, { rsv: 4, key: 99 }))
      .target(frame(1, "plain"), frame(1, target[index]!.length === 0 ? bytes("00") : target[index]!, { rsv: 4 }));
  });
  const all = frames(feed);
  expect(all.flatMap(({ problems }) => problems)).toEqual([]);
  expect(all.filter(({ message }) => message?.compressed).map((each) => textOf(each))).toEqual(texts.flatMap((text) => [text, text]));
});

describe("what cannot be inflated", () => {
  test("§7.2.2 a payload that is not deflate", () => {
    const [broken] = frames(agreed().target(bytes("c1 03 ffffff")));
    expect(broken).toMatchObject({
      inflated: "unavailable",
      problems: [{ code: "INVALID_COMPRESSED_PAYLOAD", section: "RFC 7692 §7.2.2" }],
    });
  });

  test("§8.1 text that is not UTF-8 once inflated", () => {
    // A stored block: 3 bits, LEN, its complement, then the bytes.
    const stored = bytes("00 0200 fdff c328");
    const [broken] = frames(agreed().target(frame(1, Buffer.concat([stored, bytes("00")]), { rsv: 4 })));
    expect(broken?.problems).toMatchObject([{ code: "INVALID_UTF8" }]);
  });

  test("behind a payload that was not kept, as long as the window is shared", () => {
    const cut = (feed: Feed): Feed => feed.bytes("target", bytes("c1 07 f248")).omitted("target", 5);
    expect(frames(cut(agreed()).target(bytes("c1 07 f248cdc9c90700"))).map(({ inflated, problems }) => [inflated, problems])).toEqual([
      ["unavailable", []],
      ["unavailable", []],
    ]);
    const independent = frames(cut(agreed("; server_no_context_takeover")).target(bytes("c1 07 f248cdc9c90700")));
    expect(independent.map((each) => textOf(each))).toEqual([undefined, "Hello"]);
  });

  test("§6 RSV1 without the extension is an error, not compression", () => {
    const [odd] = frames(new Feed().handshake().target(bytes("c1 07 f248cdc9c90700")));
    expect(odd).toMatchObject({
      inflated: undefined,
      message: { compressed: false },
      problems: [{ code: "RESERVED_BITS" }, { code: "INVALID_UTF8" }],
    });
  });
});
