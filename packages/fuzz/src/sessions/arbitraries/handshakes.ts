/** Opening handshakes: one that is legal in an unusual way, or illegal in one way. */
import fc, { type Arbitrary } from "fast-check";

import { DEFAULT_REQUEST, DEFAULT_RESPONSE, type Headers, type RequestSpec, type ResponseSpec } from "../session.ts";

type Header = readonly [string, string];

function without(headers: Headers, name: string): Header[] {
  return headers.filter(([other]) => other !== name);
}
function replaced(headers: Headers, name: string, value: string): Header[] {
  return headers.map(([other, old]) => (other === name ? [other, value] : [other, old]));
}

const letterCase = (value: string): Arbitrary<string> => fc.constantFrom(value, value.toLowerCase(), value.toUpperCase());
const blank = (value: string): Arbitrary<string> => fc.constantFrom(value, ` ${value}`, `${value} `, `\t${value} `);

function legalHeaders(base: Headers): Arbitrary<Header[]> {
  const own = fc.tuple(
    ...base.map(([name, value]) => fc.tuple(letterCase(name), blank(value)).map(([first, second]): Header => [first, second])),
  );
  const others = fc.array(
    fc.constantFrom<Header>(
      ["User-Agent", "x"],
      ["Cookie", "a=b; c=d"],
      ["Accept-Language", "de, en;q=0.5"],
      ["Cache-Control", "no-cache"],
      ["X-Empty", ""],
      ["constructor", "1"],
      ["__proto__", "1"],
    ),
    { maxLength: 3 },
  );
  return fc
    .tuple(own, others)
    .chain(([first, second]) => fc.shuffledSubarray([...first, ...second], { minLength: first.length + second.length }));
}

/** A request that has to be accepted like the default one. */
export function legalRequest(): Arbitrary<RequestSpec> {
  return fc
    .tuple(
      legalHeaders(DEFAULT_REQUEST.headers),
      fc.constantFrom("Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade,keep-alive"),
      fc.constantFrom("websocket", "WebSocket", "WEBSOCKET"),
    )
    .map(([headers, connection, upgrade]) => ({
      ...DEFAULT_REQUEST,
      headers: headers.map(([name, value]): Header =>
        name.toLowerCase() === "connection" ? [name, connection] : name.toLowerCase() === "upgrade" ? [name, upgrade] : [name, value],
      ),
    }));
}

/** A request with one thing wrong (besides harmless headers). */
export function illegalRequest(): Arbitrary<RequestSpec> {
  const { headers } = DEFAULT_REQUEST;
  const base = { ...DEFAULT_REQUEST };
  const wrong: Arbitrary<RequestSpec> = fc.oneof(
    fc
      .constantFrom("POST", "HEAD", "PUT", "get", "OPTIONS")
      .map((method) => ({ ...base, method, headers: [...headers, ["Content-Length", "0"] as Header] })),
    fc.constantFrom("HTTP/1.0", "HTTP/0.9").map((version) => ({ ...base, version })),
    fc
      .constantFrom("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
      .map((name) => ({ ...base, headers: without(headers, name) })),
    fc.constantFrom("websockets", "web", "h2c", "").map((value) => ({ ...base, headers: replaced(headers, "Upgrade", value) })),
    fc.constantFrom("keep-alive", "Upgrades", "close").map((value) => ({ ...base, headers: replaced(headers, "Connection", value) })),
    fc
      .constantFrom("", "AAAA", "AAECAwQFBgcICQoLDA0O", "AAECAwQFBgcICQoLDA0ODxA=", "????????????????????????")
      .map((value) => ({ ...base, headers: replaced(headers, "Sec-WebSocket-Key", value) })),
    fc
      .constantFrom("", "0", "8", "12", "14", "130", "x")
      .map((value) => ({ ...base, headers: replaced(headers, "Sec-WebSocket-Version", value) })),
    fc
      .constantFrom<Header>(
        ["Sec-WebSocket-Key", "AAECAwQFBgcICQoLDA0ODw=="],
        ["Sec-WebSocket-Version", "8"],
        ["X-A ", "1"],
        ["Sec-WebSocket-Extensions", "a; =b"],
        ["Sec-WebSocket-Extensions", 'a; b="c'],
      )
      .map((header) => ({ ...base, headers: [...headers, header] })),
  );
  const harmless = fc.array(fc.constantFrom<Header>(["User-Agent", "x"], ["Cookie", "a=b"], ["Cache-Control", "no-cache"]), {
    maxLength: 3,
  });
  return fc.tuple(wrong, harmless).map(([request, more]) => ({ ...request, headers: [...more, ...request.headers] }));
}

/** A response that has to be accepted like the default one. */
export function legalResponse(): Arbitrary<ResponseSpec> {
  return fc
    .tuple(legalHeaders(DEFAULT_RESPONSE.headers), fc.constantFrom("Switching Protocols", "OK", "x y"))
    .map(([headers, reason]) => ({ ...DEFAULT_RESPONSE, reason, headers }));
}

/** A response with one thing wrong. */
export function illegalResponse(): Arbitrary<ResponseSpec> {
  const { headers } = DEFAULT_RESPONSE;
  const base = { ...DEFAULT_RESPONSE };
  const wrong: Arbitrary<ResponseSpec> = fc.oneof(
    fc.constantFrom(200, 400, 404, 503).map((status) => ({ ...base, status, headers: [...headers, ["Content-Length", "0"] as Header] })),
    fc.constantFrom("Upgrade", "Connection", "Sec-WebSocket-Accept").map((name) => ({ ...base, headers: without(headers, name) })),
    fc.constantFrom("websockets", "h2c").map((value) => ({ ...base, headers: replaced(headers, "Upgrade", value) })),
    fc.constantFrom("keep-alive", "Upgrades").map((value) => ({ ...base, headers: replaced(headers, "Connection", value) })),
    fc
      .constantFrom("{wrong-accept}", "{swapped-accept}", "{key}", "AAAA")
      .map((value) => ({ ...base, headers: replaced(headers, "Sec-WebSocket-Accept", value) })),
    fc
      .constantFrom<Header>(["Sec-WebSocket-Extensions", "x-unknown"], ["Sec-WebSocket-Protocol", "x-unknown"])
      .map((header) => ({ ...base, headers: [...headers, header] })),
  );
  const harmless = fc.array(fc.constantFrom<Header>(["Server", "x"], ["Date", "Thu, 01 Jan 1970 00:00:00 GMT"]), { maxLength: 3 });
  return fc.tuple(wrong, harmless).map(([response, more]) => ({ ...response, headers: [...more, ...response.headers] }));
}

/** An element of Sec-WebSocket-Extensions for permessage-deflate: legal or not. */
export function deflateOffer(): Arbitrary<string> {
  const parameter = fc.constantFrom(
    "client_no_context_takeover",
    "server_no_context_takeover",
    "client_max_window_bits",
    "client_max_window_bits=8",
    "client_max_window_bits=15",
    "server_max_window_bits=8",
    "server_max_window_bits=12",
    'server_max_window_bits="15"',
    "server_max_window_bits",
    "server_max_window_bits=16",
    "server_max_window_bits=7",
    "client_max_window_bits=99",
    "server_no_context_takeover=1",
    "x=1",
  );
  return fc
    .array(
      fc.array(parameter, { maxLength: 3 }).map((parameters) => ["permessage-deflate", ...parameters].join("; ")),
      { minLength: 1, maxLength: 2 },
    )
    .map((offers) => offers.join(", "));
}
