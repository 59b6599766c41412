// A conversation over pako that needs nothing but ECMAScript. Bundled and run where there is nothing else.
import { Opcode, encodeFrame } from "@ws/codec";
import { ConnectionEngine, EngineEvent, prepareMessage } from "@ws/protocol";
import { HandshakeFailure } from "@ws/protocol/handshake";
import { permessageDeflate } from "@ws/protocol/pako";

import { listOf } from "../extension-lists.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.split(" "), (byte) => Number.parseInt(byte, 16));
}

function deliver(from: ConnectionEngine, to: ConnectionEngine): { messages: (string | Uint8Array)[]; bytes: number } {
  const messages: (string | Uint8Array)[] = [];
  let bytes = 0;
  while (from.poll() !== EngineEvent.NONE);
  for (const piece of from.takeOutput()) {
    bytes += piece.length;
    to.receive(piece.slice());
    for (let event = to.poll(); event !== EngineEvent.NONE; event = to.poll()) {
      if (event === EngineEvent.TEXT) messages.push(to.text);
      else if (event === EngineEvent.BINARY) messages.push(to.payload);
      else messages.push(`event ${event} ${to.error?.code ?? ""}`);
    }
  }
  return { messages, bytes };
}

/** What was checked; throws at the first thing that is wrong. */
export function converse(): string[] {
  const checked: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
    checked.push(what);
  };
  const extension = permessageDeflate({ threshold: 0 });
  const accepted = extension.accept(listOf(extension.offer()))!;
  expect("response", accepted.response, "permessage-deflate");
  const confirmed = extension.confirm(listOf(accepted.response)[0]!.params);
  if (confirmed instanceof HandshakeFailure) throw confirmed;
  expect("a wrong response", extension.confirm([["unknown", undefined]]) instanceof HandshakeFailure, true);
  const server = new ConnectionEngine({ role: "server", now: 0, transform: accepted.transform });
  let key = 1;
  const client = new ConnectionEngine({
    role: "client",
    now: 0,
    transform: confirmed,
    randomUint32: () => (key = (key * 1_664_525 + 1_013_904_223) >>> 0),
  });

  const text = '{"type":"update","user":"grüße 世界 🙂"}'.repeat(20);
  for (let round = 0; round < 3; round++) {
    client.sendText(text);
    const up = deliver(client, server);
    expect(`text to the server, round ${round}`, up.messages.join(), text);
    expect(`smaller, round ${round}`, up.bytes < text.length / 4, true);
    server.sendText(text);
    server.sendText("");
    server.sendPrepared(prepareMessage(text));
    expect(`text to the client, round ${round}`, deliver(server, client).messages.join("|"), [text, "", text].join("|"));
  }
  const large = Uint8Array.from({ length: 150_000 }, (_, index) => (index * index) >>> 7);
  client.sendBinary(large);
  const [received] = deliver(client, server).messages;
  expect(
    "large bytes",
    typeof received === "object" && received.length === large.length && received.every((byte, index) => byte === large[index]),
    true,
  );
  // RFC 7692 §7.2.3.2 to an endpoint that has seen other messages before: the copy is of what came last.
  client.receive(encodeFrame(Opcode.TEXT, hex("f2 48 cd c9 c9 07 00"), { rsv: 4 }));
  expect("an example", client.poll() === EngineEvent.TEXT && client.text, "Hello");
  client.receive(encodeFrame(Opcode.TEXT, hex("f2 48 cd c9"), { rsv: 4 }));
  while (client.poll() !== EngineEvent.FAILED);
  expect("cut short", client.error?.code, "INVALID_COMPRESSED_PAYLOAD");
  return checked;
}
