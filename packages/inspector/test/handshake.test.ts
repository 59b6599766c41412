import { ClientHandshake } from "@ws/protocol/handshake";
import { describe, expect, test } from "vitest";

import { readRequest, readResponse } from "../src/model/handshake.ts";
import { ACCEPT, head, KEY, REQUEST, RESPONSE } from "./feed.ts";

describe("request", () => {
  test("§1.3 every line is shown as it was sent, with its meaning", () => {
    const request = readRequest(REQUEST);
    expect(request.lines.map(({ text }) => text)).toEqual(Buffer.from(REQUEST).toString("latin1").trimEnd().split("\r\n"));
    expect(request.lines.every(({ explanation }) => explanation.includes("§"))).toBe(true);
    expect(request).toMatchObject({ target: "/chat", sent: { key: KEY }, problems: [] });
  });

  test("§4.2.1 names what a server has to refuse", () => {
    const without = (name: string): Uint8Array =>
      Buffer.from(
        Buffer.from(REQUEST)
          .toString("latin1")
          .replace(new RegExp(`${name}[^\\r]*\\r\\n`), ""),
        "latin1",
      );
    expect(readRequest(without("Sec-WebSocket-Key:")).problems).toMatchObject([{ code: "MISSING_KEY", section: "RFC 6455 §4.2.1" }]);
    expect(readRequest(without("Host:")).problems).toMatchObject([{ code: "MISSING_HOST" }]);
    expect(readRequest(without("Sec-WebSocket-Version:")).problems).toMatchObject([{ code: "UNSUPPORTED_VERSION" }]);
    expect(readRequest(head("GET / HTTP/1.1", "bad header")).problems).toMatchObject([{ code: "MALFORMED_HEADER_FIELD" }]);
  });

  test("§10.2 a foreign Origin is the server's decision, no broken rule", () => {
    const foreign = Buffer.from(
      Buffer.from(REQUEST).toString("latin1").replace("\r\n\r\n", "\r\nOrigin: https://elsewhere.example\r\n\r\n"),
      "latin1",
    );
    expect(readRequest(foreign).problems).toEqual([]);
  });
});

describe("response", () => {
  const request = readRequest(REQUEST);

  test("§4.2.2 the accept is computed from the key and compared", () => {
    expect(readResponse(RESPONSE, request).proof).toEqual({ key: KEY, expected: ACCEPT, received: ACCEPT, matches: true });
    expect(readResponse(RESPONSE, request).problems).toEqual([]);
  });

  test("§4.1 an accept that belongs to another key", () => {
    const response = readResponse(
      head(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
      ),
      request,
    );
    expect(response.proof).toMatchObject({ expected: ACCEPT, matches: false });
    expect(response.problems).toMatchObject([{ code: "RESPONSE_ACCEPT", section: "RFC 6455 §4.1" }]);
  });

  const accepted = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${ACCEPT}`];

  test.each([
    ["RESPONSE_UPGRADE", ["Upgrade: h2c", ...accepted.slice(1)]],
    ["RESPONSE_UPGRADE", ["Upgrade: websocket, x", ...accepted.slice(1)]],
    ["RESPONSE_UPGRADE", ["Upgrade: websocket", ...accepted]],
    ["RESPONSE_CONNECTION", [accepted[0]!, accepted[2]!]],
    ["RESPONSE_ACCEPT", accepted.slice(0, 2)],
    ["DUPLICATE_HEADER", [...accepted, `Sec-WebSocket-Accept: ${ACCEPT}`]],
    ["DUPLICATE_HEADER", [...accepted, "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: bar"]],
    ["MALFORMED_EXTENSIONS", [...accepted, "Sec-WebSocket-Extensions: ;"]],
    ["EXTENSION_NOT_OFFERED", [...accepted, "Sec-WebSocket-Extensions: permessage-deflate"]],
    ["DUPLICATE_HEADER", [...accepted, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"]],
    ["SUBPROTOCOL_NOT_OFFERED", [...accepted, "Sec-WebSocket-Protocol: chat"]],
    ["SUBPROTOCOL_NOT_OFFERED", [...accepted, "Sec-WebSocket-Protocol: \x9b"]],
  ])("§4.1 %s, by the same rules as a client's handshake", (code, fields) => {
    const bytes = head("HTTP/1.1 101 OK", ...fields);
    const { problems } = readResponse(bytes, request);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    const client = new ClientHandshake({ host: "a", target: "/", nonce: Uint8Array.from(Buffer.from(KEY, "base64")) });
    client.receive(bytes);
    client.poll();
    expect(problems[0]).toMatchObject({ section: client.error!.section, message: client.error!.message });
  });

  test("§4.1 what depends on the request is not judged where that is not known", () => {
    const response = readResponse(head("HTTP/1.1 101 OK", ...accepted, "Sec-WebSocket-Protocol: chat"), undefined);
    expect([response.proof, response.problems]).toEqual([undefined, []]);
    expect(readResponse(head("HTTP/1.1 101 OK", ...accepted.slice(1)), undefined).problems).toMatchObject([{ code: "RESPONSE_UPGRADE" }]);
  });

  test("a refusal has no accept to compare and breaks no rule", () => {
    expect(readResponse(head("HTTP/1.1 403 Forbidden", "Content-Length: 0"), request)).toMatchObject({
      status: 403,
      proof: undefined,
      problems: [],
    });
  });
});
