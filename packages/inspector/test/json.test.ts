import { expect, test } from "vitest";

import { exportJson, type ExportedLog } from "../src/export/json.ts";
import { ConversationLog } from "../src/model/log.ts";
import { ACCEPT, bytes, Feed, frame, KEY, REQUEST } from "./feed.ts";

test("the export is JSON with every bit of every frame", () => {
  const log = new ConversationLog();
  log.receive(
    new Feed()
      .handshake()
      .client(frame(1, "Grüße", { key: 0x37fa213d }))
      .target(bytes("88 04 0fa0 6869"), bytes("c2 02 ff"))
      .closed().records,
  );
  log.receive(new Feed(2).client(REQUEST).event({ event: "rewritten", fields: [{ name: "Host", from: "a", to: "b" }] }).records);
  const parsed = JSON.parse(exportJson(log.conversations, log.entries).join("")) as ExportedLog;
  expect(parsed).toMatchObject({ format: "@ws/inspector", version: 1 });
  const [first, second] = parsed.conversations;
  expect(first).toMatchObject({
    id: 1,
    started: "2023-11-14T22:13:20.001250Z",
    key: KEY,
    accept: { expected: ACCEPT, received: ACCEPT, matches: true },
  });
  expect(first?.entries.map(({ kind }) => kind)).toEqual(["request", "response", "frame", "frame", "frame", "note"]);
  expect(first?.entries[2]).toMatchObject({
    direction: "client",
    fin: true,
    rsv1: false,
    opcode: 1,
    opcodeName: "text",
    masked: true,
    maskingKey: "37fa213d",
    lengthForm: 7,
    payloadLength: 7,
    text: "Grüße",
    payload: Buffer.from("Grüße").toString("base64"),
    complete: true,
    problems: [],
  });
  expect(first?.entries[3]).toMatchObject({ closeCode: 4000, closeName: "Private code", text: "hi" });
  expect(first?.entries[4]).toMatchObject({
    rsv1: true,
    complete: false,
    problems: [{ code: "RESERVED_BITS", section: "RFC 6455 §5.2" }, { code: "DATA_AFTER_CLOSE" }],
  });
  expect(second).toMatchObject({ rewritten: [{ name: "Host", from: "a", to: "b" }], ended: null });
});
