/** The opening handshake, RFC 6455 §4, from both sides. */
import { text } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { DEFAULT_REQUEST, DEFAULT_RESPONSE, frame, type Headers, type Session } from "../sessions/session.ts";
import { CLIENT, RuleList, SERVER, type Rule } from "./rule.ts";

const list = new RuleList("handshake");

/** The default request with some headers replaced (undefined: left out) or added. */
function request(changes: Record<string, string | undefined>, more: Headers = [], start: Partial<typeof DEFAULT_REQUEST> = {}): Session {
  const headers = DEFAULT_REQUEST.headers.flatMap(([name, value]): (readonly [string, string])[] => {
    if (!(name in changes)) return [[name, value]];
    const changed = changes[name];
    return changed === undefined ? [] : [[name, changed]];
  });
  return { steps: [], request: { ...DEFAULT_REQUEST, ...start, headers: [...headers, ...more] } };
}
function response(changes: Record<string, string | undefined>, more: Headers = [], start: Partial<typeof DEFAULT_RESPONSE> = {}): Session {
  const headers = DEFAULT_RESPONSE.headers.flatMap(([name, value]): (readonly [string, string])[] => {
    if (!(name in changes)) return [[name, value]];
    const changed = changes[name];
    return changed === undefined ? [] : [[name, changed]];
  });
  return {
    steps: [frame(Opcode.PING, "a"), frame(Opcode.TEXT, "a")],
    response: { ...DEFAULT_RESPONSE, ...start, headers: [...headers, ...more] },
  };
}
function good(changes: Record<string, string | undefined>, more: Headers = [], start: Partial<typeof DEFAULT_RESPONSE> = {}): Session {
  return { ...response(changes, more, start), steps: [frame(Opcode.TEXT, "a")] };
}

// Towards a server: requests it has to accept
list.add(
  "plain",
  "4.2.2",
  "MUST",
  "A plain request is answered with 101",
  SERVER,
  { steps: [] },
  { home: ["handshake-refused", "handshake-unanswered"] },
);
list.add(
  "response-status-line",
  "4.2.2",
  "MUST",
  "The response is an HTTP/1.1 response with well-formed header fields",
  SERVER,
  { steps: [] },
  { home: ["handshake-sent:field-syntax", "handshake-sent:status"] },
);
list.add(
  "response-accept",
  "4.2.2",
  "MUST",
  "Sec-WebSocket-Accept is the SHA-1 of the key and the GUID, in base64, once",
  SERVER,
  { steps: [] },
  { home: ["handshake-sent:accept"] },
);
list.add(
  "response-upgrade",
  "4.2.2",
  "MUST",
  "The response has Upgrade: websocket",
  SERVER,
  { steps: [] },
  { home: ["handshake-sent:upgrade"] },
);
list.add(
  "response-connection",
  "4.2.2",
  "MUST",
  "The response has Connection: Upgrade",
  SERVER,
  { steps: [] },
  { home: ["handshake-sent:connection"] },
);
list.add(
  "response-extension",
  "4.2.2",
  "MUST",
  "No extension is named that was not offered",
  SERVER,
  { steps: [] },
  { home: ["handshake-sent:extension"] },
);
list.add(
  "response-subprotocol",
  "4.2.2",
  "MUST",
  "No subprotocol is named that was not offered",
  SERVER,
  { steps: [] },
  { home: ["handshake-sent:subprotocol-unasked"] },
);
list.add(
  "response-subprotocol-offered",
  "11.3.4",
  "MUST",
  "Of several subprotocols at most one is named, as it was offered",
  SERVER,
  { steps: [], subprotocols: "superchat, chat" },
  { only: ["handshake-sent:subprotocol"], mayRefuse: true, home: ["handshake-sent:subprotocol-twice"] },
);
list.add("header-names-any-case", "4.2.1", "MUST", "Header names are read in any case", SERVER, {
  steps: [],
  request: {
    ...DEFAULT_REQUEST,
    headers: DEFAULT_REQUEST.headers.map(
      ([name, value], index) => [index % 2 === 0 ? name.toUpperCase() : name.toLowerCase(), value] as const,
    ),
  },
});
list.add("upgrade-any-case", "4.2.1", "MUST", "The value of Upgrade is read in any case", SERVER, request({ Upgrade: "WebSocket" }));
list.add("connection-any-case", "4.2.1", "MUST", "The value of Connection is read in any case", SERVER, request({ Connection: "uPGRADE" }));
list.add(
  "connection-list",
  "4.2.1",
  "MUST",
  "Connection is a list: keep-alive, Upgrade",
  SERVER,
  request({ Connection: "keep-alive, Upgrade" }),
);
list.add("upgrade-list", "4.2.1", "MUST", "Upgrade is a list: websocket, other", SERVER, request({ Upgrade: "websocket, other" }), {
  only: ["handshake-unanswered"],
  mayRefuse: true,
  unplanted: "an Upgrade list may be refused (RFC 9110 §7.8); only a hang would be reported, which slow-request plants",
});
list.add(
  "header-whitespace",
  "4.2.1",
  "MUST",
  "Blanks around header values are not part of them",
  SERVER,
  request({ "Sec-WebSocket-Version": "  13 \t", "Sec-WebSocket-Key": "  {key}  " }),
  { only: ["handshake-"] },
);
list.add("header-order", "4.1", "MUST", "Header fields come in any order", SERVER, {
  steps: [],
  request: { ...DEFAULT_REQUEST, headers: [...DEFAULT_REQUEST.headers].reverse() },
});
list.add(
  "unknown-headers",
  "4.2.1",
  "MUST",
  "Unknown header fields are ignored",
  SERVER,
  request({}, [
    ["X-Unknown", "1"],
    ["constructor", "1"],
    ["__proto__", "1"],
  ]),
);
list.add("query", "4.1", "MUST", "A query in the request target is accepted", SERVER, request({}, [], { target: "{target}?a=b" }), {
  mayRefuse: true,
  only: ["handshake-unanswered"],
  unplanted: "which targets exist is the server's own business; only a hang would be reported, which slow-request plants",
});
list.add("extension-unknown", "9.1", "MUST", "An unknown extension is ignored", SERVER, { steps: [], extensions: 'x-unknown; a=1; b="2"' });
list.add(
  "protocol-lines",
  "11.3.4",
  "MUST",
  "Sec-WebSocket-Protocol may be split over several lines",
  SERVER,
  request({}, [
    ["Sec-WebSocket-Protocol", "superchat"],
    ["Sec-WebSocket-Protocol", "chat"],
  ]),
  { only: ["handshake-unanswered", "handshake-sent"], mayRefuse: true },
);
list.add(
  "extension-lines",
  "11.3.2",
  "MUST",
  "Sec-WebSocket-Extensions may be split over several lines",
  SERVER,
  request({}, [
    ["Sec-WebSocket-Extensions", "x-a"],
    ["Sec-WebSocket-Extensions", "x-b; q=1"],
  ]),
);
list.add("split-request", "4.2.1", "MUST", "A request that arrives byte by byte is read", SERVER, {
  steps: [frame(Opcode.TEXT, "a")],
  cuts: 1,
  gap: 1,
  cutHandshake: true,
});
list.add("early-frame", "4.1", "MUST", "A frame that arrives with the request is processed or refused, not lost", SERVER, {
  steps: [frame(Opcode.TEXT, "a")],
  early: true,
});

// Requests it has to refuse
const refuse = (name: string, title: string, session: Session, section = "4.2.1"): void =>
  list.add(`refuse-${name}`, section, "MUST", title, SERVER, session);
refuse("method", "A method other than GET is refused", request({}, [["Content-Length", "0"]], { method: "POST" }));
refuse("http-1.0", "HTTP/1.0 is refused", request({}, [], { version: "HTTP/1.0" }));
refuse("host-missing", "A request without Host is refused", request({ Host: undefined }));
refuse("upgrade-missing", "A request without Upgrade is not upgraded", request({ Upgrade: undefined }));
refuse("upgrade-value", "An Upgrade other than websocket is not accepted", request({ Upgrade: "websockets" }));
refuse("connection-missing", "A request without Connection: Upgrade is not upgraded", request({ Connection: undefined }));
refuse("connection-value", "Connection without the token Upgrade is not accepted", request({ Connection: "keep-alive" }));
refuse("key-missing", "A request without Sec-WebSocket-Key is refused", request({ "Sec-WebSocket-Key": undefined }));
refuse("key-empty", "An empty Sec-WebSocket-Key is not accepted", request({ "Sec-WebSocket-Key": "" }));
refuse("key-short", "A key of fewer than 16 bytes is not accepted", request({ "Sec-WebSocket-Key": "AAECAwQFBgcICQoLDA0O" }));
refuse("key-long", "A key of more than 16 bytes is not accepted", request({ "Sec-WebSocket-Key": "AAECAwQFBgcICQoLDA0ODxA=" }));
refuse("key-not-base64", "A key that is not base64 is not accepted", request({ "Sec-WebSocket-Key": "????????????????????????" }));
refuse(
  "key-twice",
  "Two Sec-WebSocket-Key headers are refused",
  request({}, [["Sec-WebSocket-Key", "AAECAwQFBgcICQoLDA0ODw=="]]),
  "11.3.1",
);
refuse("version-missing", "A request without Sec-WebSocket-Version is refused", request({ "Sec-WebSocket-Version": undefined }));
refuse("version-word", "A Sec-WebSocket-Version that is no number is refused", request({ "Sec-WebSocket-Version": "x" }), "4.2.2");
refuse("version-new", "Sec-WebSocket-Version: 14 is refused", request({ "Sec-WebSocket-Version": "14" }), "4.2.2");
list.add(
  "version-told",
  "4.2.2",
  "MUST",
  "A refused version is answered with the versions that are understood",
  SERVER,
  request({ "Sec-WebSocket-Version": "99" }),
  { home: ["version-not-told"], only: ["version-not-told"] },
);
refuse("version-twice", "Two Sec-WebSocket-Version headers are refused", request({}, [["Sec-WebSocket-Version", "8"]]), "11.3.5");
refuse(
  "extension-syntax",
  "Sec-WebSocket-Extensions against its grammar is refused",
  { steps: [], extensions: "permessage-deflate; =" },
  "9.1",
);
refuse(
  "extension-quote",
  "An unterminated quoted string in Sec-WebSocket-Extensions is refused",
  { steps: [], extensions: 'x-a; b="c' },
  "9.1",
);
refuse("field-space", "A blank between field name and colon is refused", request({}, [["X-A ", "1"]]), "RFC 9112 §5.1");
refuse("field-nul", "A NUL in a field value is refused", request({}, [["X-A", "a\u0000b"]]), "RFC 9110 §5.5");
refuse(
  "field-no-colon",
  "A header line without a colon is refused",
  {
    steps: [],
    request: {
      ...DEFAULT_REQUEST,
      headers: [],
      method: "",
      raw: "GET {target} HTTP/1.1\r\nHost: {host}\r\nnonsense\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n",
    },
  },
  "RFC 9112 §5.1",
);
list.add(
  "refusal-answered",
  "4.2.1",
  "SHOULD",
  "A refusal is an HTTP response, not just the end of TCP",
  SERVER,
  request({ "Sec-WebSocket-Key": undefined }),
  { home: ["refusal-"], only: ["refusal-"] },
);

// A client's request
const asked = (name: string, kind: string, title: string, section = "4.1"): void =>
  list.add(`request-${name}`, section, "MUST", title, CLIENT, [frame(Opcode.TEXT, "a")], { home: [`handshake-sent:${kind}`] });
asked("method", "method", "The request is a GET");
asked("http-version", "http-version", "The request has HTTP/1.1 or higher");
asked("host", "host", "The request has one Host header");
asked("upgrade", "upgrade", "The request has Upgrade: websocket");
asked("connection", "connection", "The request has Connection: Upgrade");
asked("key", "key", "The request has one Sec-WebSocket-Key of 16 bytes in base64");
asked("version", "version", "The request has Sec-WebSocket-Version: 13, once");
asked("subprotocol", "protocol", "Sec-WebSocket-Protocol is a list of different tokens", "4.1");
asked("extensions", "extension", "Sec-WebSocket-Extensions follows its grammar", "9.1");
asked("fields", "field-syntax", "Header fields are well-formed", "RFC 9112 §5.1");
list.add("request-key-fresh", "4.1", "MUST", "Every connection has a key of its own", CLIENT, [frame(Opcode.TEXT, "a")], {
  home: ["key-reused"],
});

// Responses a client has to accept
list.add("response-plain", "4.1", "MUST", "A plain 101 opens the connection", CLIENT, [frame(Opcode.TEXT, "a")]);
list.add("response-any-case", "4.1", "MUST", "Header names, Upgrade and Connection are read in any case", CLIENT, {
  steps: [frame(Opcode.TEXT, "a")],
  response: {
    ...DEFAULT_RESPONSE,
    headers: [
      ["UPGRADE", "WebSocket"],
      ["connection", "uPgrade"],
      ["sec-websocket-ACCEPT", "{accept}"],
    ],
  },
});
list.add(
  "response-connection-list",
  "4.1",
  "MUST",
  "Connection in the response is a list",
  CLIENT,
  good({ Connection: "keep-alive, Upgrade" }),
);
list.add(
  "response-order",
  "4.1",
  "MUST",
  "Header fields of the response come in any order, among others",
  CLIENT,
  good({}, [
    ["Server", "x"],
    ["Date", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ]),
);
list.add(
  "response-reason",
  "4.1",
  "MUST",
  "The reason phrase says nothing",
  CLIENT,
  good({}, [], { reason: "Web Socket Protocol Handshake" }),
);
list.add(
  "response-whitespace",
  "4.1",
  "MUST",
  "Blanks around the value of Sec-WebSocket-Accept are not part of it",
  CLIENT,
  good({ "Sec-WebSocket-Accept": "  {accept}  " }),
);
list.add("response-split", "4.1", "MUST", "A response that arrives byte by byte is read", CLIENT, {
  steps: [frame(Opcode.TEXT, "a")],
  cuts: 1,
  gap: 1,
  cutHandshake: true,
});
list.add("response-early-frame", "4.1", "MUST", "A frame that arrives with the response is not lost", CLIENT, {
  steps: [frame(Opcode.TEXT, "a")],
  early: true,
});
list.add("response-early-half-frame", "4.1", "MUST", "Half a frame that arrives with the response is not lost", CLIENT, {
  steps: [
    { kind: "bytes", bytes: Uint8Array.of(0x81) },
    { kind: "pause", ms: 5 },
    { kind: "bytes", bytes: text("\u0001a") },
  ],
  early: true,
});

// Responses it has to fail
const failed = (name: string, title: string, session: Session, section = "4.1"): void =>
  list.add(`fail-${name}`, section, "MUST", title, CLIENT, session);
failed("status", "A status other than 101 opens nothing", response({}, [["Content-Length", "0"]], { status: 200, reason: "OK" }));
failed(
  "status-404",
  "A 404 with WebSocket headers opens nothing",
  response({}, [["Content-Length", "0"]], { status: 404, reason: "Not Found" }),
);
failed("upgrade-missing", "A response without Upgrade is failed", response({ Upgrade: undefined }));
failed("upgrade-value", "An Upgrade other than websocket is failed", response({ Upgrade: "h2c" }));
failed("connection-missing", "A response without Connection is failed", response({ Connection: undefined }));
failed("connection-value", "Connection without the token Upgrade is failed", response({ Connection: "keep-alive" }));
failed("accept-missing", "A response without Sec-WebSocket-Accept is failed", response({ "Sec-WebSocket-Accept": undefined }));
failed("accept-value", "A Sec-WebSocket-Accept for another key is failed", response({ "Sec-WebSocket-Accept": "{wrong-accept}" }));
failed("accept-case", "Sec-WebSocket-Accept is compared with its case", response({ "Sec-WebSocket-Accept": "{swapped-accept}" }));
failed("accept-key", "The key itself is no Sec-WebSocket-Accept", response({ "Sec-WebSocket-Accept": "{key}" }));
failed("extension", "An extension that was not offered is failed", response({}, [["Sec-WebSocket-Extensions", "x-unknown"]]));
failed("subprotocol", "A subprotocol that was not offered is failed", response({}, [["Sec-WebSocket-Protocol", "x-unknown"]]));

export const HANDSHAKE_RULES: readonly Rule[] = list.rules;
