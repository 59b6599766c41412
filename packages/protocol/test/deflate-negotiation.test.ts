import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  DeflateContexts,
  createDeflateExtension,
  DEFLATE_DEFAULTS,
  type DeflateOffer,
  type DeflateOptions,
  type DeflatePolicy,
} from "@ws/protocol/deflate";
import { HandshakeFailure } from "@ws/protocol/handshake";
import {
  acceptOffer,
  confirmResponse,
  formatOffers,
  MalformedParameters,
  readParameters,
  type DeflateAgreement,
} from "@ws/protocol/internal";
import { createPakoZlib } from "@ws/protocol/pako";
import { listOf } from "./extension-lists.ts";

const contexts = new DeflateContexts(createPakoZlib());

/** What a server answers to a header value: its response, or undefined. */
function answer(header: string, policy: DeflatePolicy = {}, minWindowBits?: number): string | undefined {
  return acceptOffer(listOf(header), policy, minWindowBits)?.response;
}

/** What a client makes of a response to its offers. */
function confirm(response: string, offers: readonly DeflateOffer[] = [{}]): DeflateAgreement | string {
  const confirmed = confirmResponse(listOf(response)[0]!.params, offers);
  return confirmed instanceof MalformedParameters ? confirmed.message : confirmed;
}

const all: DeflateAgreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

describe("offers that are known from the field", () => {
  test.each([
    ["Chromium, Node, Bun", "permessage-deflate; client_max_window_bits", "permessage-deflate"],
    ["Firefox", "permessage-deflate", "permessage-deflate"],
    ["Safari's older names are other extensions", "x-webkit-deflate-frame", undefined],
    ["Safari, both", "x-webkit-deflate-frame, permessage-deflate", "permessage-deflate"],
    [
      "python-websockets",
      "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
      "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
    ],
    ["python-websockets without numbers", "permessage-deflate; client_max_window_bits", "permessage-deflate"],
    [
      "RFC 7692 §5.1",
      "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
      "permessage-deflate; server_max_window_bits=10",
    ],
    [
      "RFC 7692 §7.1.2.1, with a fallback",
      "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits",
      "permessage-deflate; server_max_window_bits=10",
    ],
    ["quoted values", 'permessage-deflate; server_max_window_bits="10"', "permessage-deflate; server_max_window_bits=10"],
    ["a client that promises", "permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"],
    [
      "gorilla/websocket",
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    ],
  ])("%s: %s", (_, offer, response) => {
    expect(answer(offer)).toBe(response);
  });
});

describe("§7.1 a server declines an offer", () => {
  test.each([
    ["an unknown parameter", "permessage-deflate; unknown"],
    ["names are case-sensitive", "permessage-deflate; Client_Max_Window_Bits"],
    ["a parameter twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover"],
    ["a parameter twice, with different values", "permessage-deflate; server_max_window_bits=10; server_max_window_bits=11"],
    ["a parameter twice, once without value", "permessage-deflate; client_max_window_bits; client_max_window_bits=10"],
    ["a value where none belongs", "permessage-deflate; server_no_context_takeover=true"],
    ["a value where none belongs, client", "permessage-deflate; client_no_context_takeover=1"],
    ["a missing value", "permessage-deflate; server_max_window_bits"],
    ["too small", "permessage-deflate; server_max_window_bits=7"],
    ["too large", "permessage-deflate; server_max_window_bits=16"],
    ["a leading zero", "permessage-deflate; server_max_window_bits=08"],
    ["a sign", "permessage-deflate; server_max_window_bits=+9"],
    ["an exponent", "permessage-deflate; client_max_window_bits=1e1"],
    ["a fraction", "permessage-deflate; client_max_window_bits=10.0"],
    ["hexadecimal", "permessage-deflate; client_max_window_bits=0xf"],
    ["a name such as constructor", "permessage-deflate; constructor"],
    ["a name such as __proto__", "permessage-deflate; __proto__=10"],
    ["more than the window, client", "permessage-deflate; client_max_window_bits=16"],
    ["another extension", "permessage-bzip2"],
    ["another case", "Permessage-Deflate"],
  ])("%s: %s", (_, offer) => {
    expect(answer(offer)).toBeUndefined();
    // "A bad first offer with a good fallback must still connect."
    expect(answer(`${offer}, permessage-deflate; client_max_window_bits`)).toBe("permessage-deflate");
  });
});

describe("a server's policy", () => {
  const chromium = "permessage-deflate; client_max_window_bits";
  test.each<[string, DeflatePolicy, string, string]>([
    ["serverNoContextTakeover is added", { serverNoContextTakeover: true }, chromium, "permessage-deflate; server_no_context_takeover"],
    [
      "clientNoContextTakeover is added",
      { clientNoContextTakeover: true },
      "permessage-deflate",
      "permessage-deflate; client_no_context_takeover",
    ],
    ["serverMaxWindowBits is added", { serverMaxWindowBits: 10 }, "permessage-deflate", "permessage-deflate; server_max_window_bits=10"],
    [
      "serverMaxWindowBits below the offer",
      { serverMaxWindowBits: 10 },
      "permessage-deflate; server_max_window_bits=12",
      "permessage-deflate; server_max_window_bits=10",
    ],
    [
      "serverMaxWindowBits above the offer",
      { serverMaxWindowBits: 12 },
      "permessage-deflate; server_max_window_bits=9",
      "permessage-deflate; server_max_window_bits=9",
    ],
    [
      "§7.1.2.2 clientMaxWindowBits where it was offered",
      { clientMaxWindowBits: 10 },
      chromium,
      "permessage-deflate; client_max_window_bits=10",
    ],
    [
      "§7.1.2.2 clientMaxWindowBits below the offer",
      { clientMaxWindowBits: 10 },
      "permessage-deflate; client_max_window_bits=12",
      "permessage-deflate; client_max_window_bits=10",
    ],
    [
      "§7.1.2.2 clientMaxWindowBits above the offer",
      { clientMaxWindowBits: 14 },
      "permessage-deflate; client_max_window_bits=12",
      "permessage-deflate; client_max_window_bits=12",
    ],
    [
      "§7.1.2.2 never where it was not offered: no takeover instead",
      { clientMaxWindowBits: 10 },
      "permessage-deflate",
      "permessage-deflate; client_no_context_takeover",
    ],
    [
      "all of them",
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 8, clientMaxWindowBits: 8 },
      chromium,
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=8",
    ],
  ])("%s", (_, policy, offer, response) => {
    expect(answer(offer, policy)).toBe(response);
  });

  test("§7.1.2.1 an offer that demands less than our compressor can keep to is declined, the next one taken", () => {
    expect(answer("permessage-deflate; server_max_window_bits=8", {}, 9)).toBeUndefined();
    expect(answer("permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9", {}, 9)).toBe(
      "permessage-deflate; server_max_window_bits=9",
    );
  });
});

describe("a client's offers", () => {
  test.each<[readonly DeflateOffer[], string]>([
    [[{}], "permessage-deflate; client_max_window_bits"],
    [[{ clientMaxWindowBits: false }], "permessage-deflate"],
    [[{ clientMaxWindowBits: 12 }, {}], "permessage-deflate; client_max_window_bits=12, permessage-deflate; client_max_window_bits"],
    [
      [{ serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 8 }],
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=8",
    ],
  ])("%j", (offers, header) => {
    expect(formatOffers(offers)).toBe(header);
  });
});

describe("§7.1 a client fails the connection over a response", () => {
  test.each<[string, string, readonly DeflateOffer[]]>([
    ["unknown parameter", "permessage-deflate; unknown", [{}]],
    ["twice", "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", [{}]],
    ["§7.1.2.2 client_max_window_bits without value", "permessage-deflate; client_max_window_bits", [{}]],
    [
      "§7.1.2.2 client_max_window_bits without its offer",
      "permessage-deflate; client_max_window_bits=10",
      [{ clientMaxWindowBits: false }],
    ],
    ["§7.1.2.2 client_max_window_bits above the offer", "permessage-deflate; client_max_window_bits=13", [{ clientMaxWindowBits: 12 }]],
    ["§7.1.2.1 server_max_window_bits above the offer", "permessage-deflate; server_max_window_bits=11", [{ serverMaxWindowBits: 10 }]],
    ["§7.1.2.1 server_max_window_bits missing", "permessage-deflate", [{ serverMaxWindowBits: 10 }]],
    ["§7.1.1.1 server_no_context_takeover missing", "permessage-deflate", [{ serverNoContextTakeover: true }]],
    ["out of range", "permessage-deflate; server_max_window_bits=0", [{}]],
    ["out of range (undici CVE-2026-2229)", "permessage-deflate; server_max_window_bits=16", [{}]],
  ])("%s", (_, response, offers) => {
    expect(confirm(response, offers)).toEqual(expect.stringMatching(/RFC 7692 §7\.1/));
    const failure = createDeflateExtension(contexts, { offers }).confirm(listOf(response)[0]!.params);
    expect(failure).toBeInstanceOf(HandshakeFailure);
    expect(failure).toMatchObject({ code: "EXTENSION_PARAMETERS" });
  });
});

describe("a client takes a response", () => {
  test.each<[string, readonly DeflateOffer[], Partial<DeflateAgreement>]>([
    ["permessage-deflate", [{}], {}],
    [
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
      [{}],
      { serverNoContextTakeover: true, serverMaxWindowBits: 9 },
    ],
    [
      "permessage-deflate; client_no_context_takeover; client_max_window_bits=8",
      [{}],
      { clientNoContextTakeover: true, clientMaxWindowBits: 8 },
    ],
    ["permessage-deflate; client_max_window_bits=10", [{ clientMaxWindowBits: 12 }], { clientMaxWindowBits: 10 }],
    [
      "permessage-deflate",
      [{ clientMaxWindowBits: 12, clientNoContextTakeover: true }],
      { clientMaxWindowBits: 12, clientNoContextTakeover: true },
    ],
    ["permessage-deflate", [{ serverMaxWindowBits: 10 }, {}], {}],
    [
      "permessage-deflate; server_max_window_bits=10",
      [{ serverMaxWindowBits: 10, clientMaxWindowBits: 9 }, {}],
      { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
    ],
  ])("%s to %j", (response, offers, agreement) => {
    expect(confirm(response, offers)).toEqual({ ...all, ...agreement });
  });
});

const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined });
const flag = fc.option(fc.boolean(), { nil: undefined });
const anyOffer: fc.Arbitrary<DeflateOffer> = fc.record({
  serverNoContextTakeover: flag,
  clientNoContextTakeover: flag,
  serverMaxWindowBits: bits,
  clientMaxWindowBits: fc.oneof(bits, fc.boolean()),
});
const anyPolicy: fc.Arbitrary<DeflatePolicy> = fc.record({
  serverNoContextTakeover: flag,
  clientNoContextTakeover: flag,
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits,
});

test("any offers and any policy: both sides agree on the same, within what each has asked for", () => {
  fc.assert(
    fc.property(fc.array(anyOffer, { minLength: 1, maxLength: 3 }), anyPolicy, (offers, policy) => {
      const accepted = acceptOffer(listOf(formatOffers(offers)), policy)!;
      const confirmed = confirmResponse(listOf(accepted.response)[0]!.params, offers);
      expect(confirmed).not.toBeInstanceOf(MalformedParameters);
      const agreement = confirmed as DeflateAgreement;
      // A client's promise that a later offer of its own does not make may be kept more narrowly than the server knows.
      expect(agreement.serverNoContextTakeover).toBe(accepted.agreement.serverNoContextTakeover);
      expect(agreement.serverMaxWindowBits).toBe(accepted.agreement.serverMaxWindowBits);
      expect(agreement.clientMaxWindowBits).toBeLessThanOrEqual(accepted.agreement.clientMaxWindowBits);
      if (accepted.agreement.clientNoContextTakeover) expect(agreement.clientNoContextTakeover).toBe(true);
      expect(agreement.serverMaxWindowBits).toBeLessThanOrEqual(policy.serverMaxWindowBits ?? 15);
      if (policy.serverNoContextTakeover === true) expect(agreement.serverNoContextTakeover).toBe(true);
      if (policy.clientNoContextTakeover === true) expect(agreement.clientNoContextTakeover).toBe(true);
      // A client's window is what the policy says, or there is none to hold.
      expect(agreement.clientNoContextTakeover || agreement.clientMaxWindowBits <= (policy.clientMaxWindowBits ?? 15)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("any response: a client fails it or finds an offer that it answers", () => {
  const parameter = fc.tuple(
    fc.constantFrom("server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits", "x"),
    fc.constantFrom(undefined, "7", "8", "10", "15", "16", "010", ""),
  );
  fc.assert(
    fc.property(fc.array(parameter, { maxLength: 4 }), fc.array(anyOffer, { minLength: 1, maxLength: 3 }), (params, offers) => {
      const agreement = confirmResponse(params, offers);
      if (agreement instanceof MalformedParameters) return;
      const response = readParameters(params, "response");
      if (response instanceof MalformedParameters) throw new Error("a malformed response was taken");
      expect(new Set(params.map(([name]) => name)).size).toBe(params.length);
      expect(agreement.serverMaxWindowBits).toBe(response.serverMaxWindowBits ?? 15);
      expect(
        offers.some(
          (offer) =>
            (offer.serverMaxWindowBits ?? 15) >= agreement.serverMaxWindowBits &&
            (offer.serverNoContextTakeover !== true || agreement.serverNoContextTakeover),
        ),
      ).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("offers are as they were when the extension was made", () => {
  const offers: DeflateOffer[] = [{ clientMaxWindowBits: false }];
  const extension = createDeflateExtension(contexts, { offers });
  offers.length = 0;
  expect(extension.offer()).toBe("permessage-deflate");
  expect(extension.confirm(listOf("permessage-deflate; client_max_window_bits=9")[0]!.params)).toBeInstanceOf(HandshakeFailure);
  expect(extension.confirm(listOf("permessage-deflate")[0]!.params)).not.toBeInstanceOf(HandshakeFailure);
});

test("an extension with no acceptable offer is declined", () => {
  const extension = createDeflateExtension(contexts);
  expect(extension.accept(listOf("permessage-deflate; unknown, x-other"))).toBeUndefined();
});

test.each<[name: string, least: number, most: number, options?: (value: number) => DeflateOptions]>([
  ["level", 1, 9],
  ["memLevel", 1, 9],
  ["windowBits", 8, 15],
  ["history", 0, 32_768],
  ["threshold", 0, Number.MAX_SAFE_INTEGER],
  ["serverMaxWindowBits", 8, 15],
  ["clientMaxWindowBits", 8, 15],
  ["serverMaxWindowBits", 8, 15, (serverMaxWindowBits) => ({ offers: [{}, { serverMaxWindowBits }] })],
  ["clientMaxWindowBits", 8, 15, (clientMaxWindowBits) => ({ offers: [{}, { clientMaxWindowBits }] })],
])("%s from %i to %i: any other is a RangeError that names it", (name, least, most, options = (value) => ({ [name]: value })) => {
  for (const right of [least, most]) expect(() => createDeflateExtension(contexts, options(right))).not.toThrow();
  for (const wrong of [least - 1, most + 1, least + 0.5, NaN]) {
    expect(() => createDeflateExtension(contexts, options(wrong))).toThrow(RangeError);
    expect(() => createDeflateExtension(contexts, options(wrong))).toThrow(new RegExp(`^${name} must be an integer from ${least} to `));
  }
});

test("no offer at all is a RangeError", () => {
  expect(() => createDeflateExtension(contexts, { offers: [] })).toThrow(RangeError);
});

test.each(["deflates", "inflates", "tasks"])("%s: a number of streams that is none is a RangeError that names it", (name) => {
  expect(() => new DeflateContexts(createPakoZlib(), { [name]: 1 })).not.toThrow();
  for (const wrong of [0, -1, 1.5, NaN])
    expect(() => new DeflateContexts(createPakoZlib(), { [name]: wrong })).toThrow(
      new RangeError(`${name} must be a positive integer, not ${wrong}`),
    );
});

test("docs/compression.md has the defaults", () => {
  const text = readFileSync(new URL("../../../docs/compression.md", import.meta.url), "utf8");
  const rows = Object.fromEntries([...text.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name, value]) => [name, Number(value)]));
  expect(rows).toMatchObject(DEFLATE_DEFAULTS);
});
