import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  acceptExtensions,
  confirmExtensions,
  formatExtensions,
  HandshakeFailure,
  offerExtensions,
  parseExtensions,
} from "../src/handshake/index.ts";
import type { ExtensionOffer } from "../src/handshake/index.ts";
import type { Extension } from "../src/extension/extension.ts";
import type { MessageTransform } from "../src/extension/transform.ts";
import { listOf } from "./extension-lists.ts";
import { expectLinear, RUNS } from "./handshake-support.ts";

const offer = (name: string, ...params: [string, string?][]): ExtensionOffer => ({
  name,
  params: params.map(([key, value]) => [key, value]),
});

describe("RFC 6455 §9.1 a list that is read", () => {
  test.each<[text: string, offers: ExtensionOffer[]]>([
    ["foo", [offer("foo")]],
    ["bar; baz=2", [offer("bar", ["baz", "2"])]],
    ["foo, bar; baz=2", [offer("foo"), offer("bar", ["baz", "2"])]],
    ["deflate-stream", [offer("deflate-stream")]],
    ["mux; max-channels=4; flow-control, deflate-stream", [offer("mux", ["max-channels", "4"], ["flow-control"]), offer("deflate-stream")]],
    ["private-extension", [offer("private-extension")]],
    ["permessage-deflate; client_max_window_bits", [offer("permessage-deflate", ["client_max_window_bits"])]],
    ['permessage-deflate; client_max_window_bits="10"', [offer("permessage-deflate", ["client_max_window_bits", "10"])]],
    ['a; b="c\\d"', [offer("a", ["b", "cd"])]],
    ["a;b=c;d,e", [offer("a", ["b", "c"], ["d"]), offer("e")]],
    ["  a \t; \tb = c ; d\t,\t e ", [offer("a", ["b", "c"], ["d"]), offer("e")]],
    ["a; b=1; b=2", [offer("a", ["b", "1"], ["b", "2"])]],
    ["a, a", [offer("a"), offer("a")]],
    ["__proto__; constructor=toString", [offer("__proto__", ["constructor", "toString"])]],
    [", a,, b ,", [offer("a"), offer("b")]],
  ])("%s", (text, offers) => {
    expect(parseExtensions(text)).toEqual(offers);
  });

  test("several fields are one list, and no field is an empty one", () => {
    expect(parseExtensions(["foo", "bar; baz=2"])).toEqual([offer("foo"), offer("bar", ["baz", "2"])]);
    expect(parseExtensions([])).toEqual([]);
  });
});

test.each([
  "",
  " ",
  ",",
  ";",
  "a;",
  "a; ;b",
  "a b",
  "a; b c",
  "a; b=",
  "a; b=,c",
  "a; =b",
  "a=b",
  "a; b==c",
  "a; b=c d",
  'a; b="',
  'a; b="c',
  'a; b="c\\',
  'a; b="c\\"',
  'a; b=""',
  'a; b="c"d',
  'a; b=c"d"',
  'a; b="c,d"',
  'a; b="c;d"',
  'a; b="c d"',
  'a; b="c\\"d"',
  'a; "b"',
  '"a"',
  "a; b\0",
  "\xe4",
  "a\u0100",
  "a; b=\u212a",
])("RFC 9110 §5.6 refuses %j", (text) => {
  expect(parseExtensions(text)).toMatchObject({ code: "MALFORMED_EXTENSIONS" });
  // A good neighbour does not heal it, unless there is nothing to heal: empty elements are no elements.
  if (text.trim() !== "" && text !== ",") expect(parseExtensions(["good", text])).toBeInstanceOf(HandshakeFailure);
});

test("RFC 6455 §9.1 a comma in quotes separates nothing, and is not allowed in a value", () => {
  expect(parseExtensions('a; b="c, d; e=f"')).toBeInstanceOf(HandshakeFailure);
  expect(parseExtensions('a; b="\\c", d')).toEqual([offer("a", ["b", "c"]), offer("d")]);
});

describe("properties", () => {
  const token = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~019azAZ"), minLength: 1, maxLength: 8 });
  const offers = fc.array(
    fc.record({ name: token, params: fc.array(fc.tuple(token, fc.option(token, { nil: undefined })), { maxLength: 4 }) }),
    { minLength: 1, maxLength: 4 },
  );

  test("parse∘format = identity", () => {
    fc.assert(
      fc.property(offers, (list) => {
        expect(parseExtensions(formatExtensions(list))).toEqual(list);
      }),
      RUNS,
    );
  });

  test("quotes, backslashes and whitespace do not change what is read", () => {
    const space = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 2 });
    fc.assert(
      fc.property(
        offers,
        fc.infiniteStream(space),
        fc.infiniteStream(fc.constantFrom("plain", "quoted", "escaped")),
        (list, spaces, styles) => {
          const gap = (separator: string): string => `${spaces.next().value}${separator}${spaces.next().value}`;
          const spell = (value: string): string => {
            const style = styles.next().value;
            return style === "plain" ? value : `"${style === "quoted" ? value : value.replaceAll(/./g, "\\$&")}"`;
          };
          const spelled = list
            .map(({ name, params }) =>
              [name, ...params.map(([key, value]) => (value === undefined ? key : `${key}${gap("=")}${spell(value)}`))].join(gap(";")),
            )
            .join(gap(","));
          expect(parseExtensions(spelled)).toEqual(list);
        },
      ),
      RUNS,
    );
  });

  test("any text is a list that formats and parses back, or malformed", () => {
    const almost = fc
      .array(fc.oneof(fc.constantFrom("a", "b", ";", ",", "=", '"', "\\", " ", "\t", "a; b=c"), fc.string({ maxLength: 2 })), {
        maxLength: 12,
      })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(almost, (text) => {
        const list = parseExtensions(text);
        if (!(list instanceof Error)) expect(parseExtensions(formatExtensions(list))).toEqual(list);
      }),
      { numRuns: RUNS.numRuns * 5 },
    );
  });

  test.each([
    ["", "a; b=c,"],
    ["", "a;"],
    ["", ","],
    ["a", " "],
    ['a; b="', "\\a"],
    ['a; b="', "a"],
    ["a", "\t"],
    ["a; ", "a"],
  ])("the time for %j and many %j grows with the length", (start, repeated) => {
    expectLinear((size) => {
      parseExtensions(start + repeated.repeat(size));
    }, 500);
  });
});

test.each([[[offer("")]], [[offer("a b")]], [[offer("a", ["b,c"])]], [[offer("a", ["b", ""])]], [[offer("a", ["b", "c\r\nX: y"])]]])(
  "formatting what is not a token is a usage error: %j",
  (list) => {
    expect(() => formatExtensions(list)).toThrow(TypeError);
  },
);

describe("RFC 6455 §9.1 negotiation", () => {
  const called = (): never => expect.unreachable();
  const transform: MessageTransform = { rsv: 4, wants: called, encode: called, decode: called, run: called };
  const extension = (name: string, acceptable: (element: ExtensionOffer) => boolean): Extension => ({
    name,
    offer: () => `${name}; good, ${name}`,
    accept: (offers) => (offers.some(acceptable) ? { response: `${name}; good`, transform } : undefined),
    confirm: (params) => (params.some(([key]) => key === "good") ? transform : new HandshakeFailure("EXTENSION_PARAMETERS", "bad")),
  });
  const isGood = ({ params }: ExtensionOffer): boolean => params.some(([key]) => key === "good");
  const first = extension("first", isGood);
  const second = extension("second", isGood);

  test("a bad offer with a good one behind it is still accepted", () => {
    expect(acceptExtensions(listOf("first; bad=99, first; good"), [first])).toEqual({ response: "first; good", transform });
  });

  test("the server's first extension that accepts is the only one, and unknown ones are passed over", () => {
    expect(acceptExtensions(listOf("x-other, second; good, first; good"), [first, second]).response).toBe("first; good");
    expect(acceptExtensions(listOf("second; good, first; bad"), [first, second]).response).toBe("second; good");
  });

  test("with no acceptable offer the connection goes on without", () => {
    expect(acceptExtensions(listOf("first; bad"), [first])).toEqual({ response: "", transform: undefined });
    expect(acceptExtensions([], [first])).toEqual({ response: "", transform: undefined });
    expect(confirmExtensions([], [first])).toBeUndefined();
  });

  test("a client offers each of its extensions in order, and confirms the one that was chosen", () => {
    expect(offerExtensions([first, second])).toBe("first; good, first, second; good, second");
    expect(confirmExtensions(listOf("second; good"), [first, second])).toBe(transform);
    expect(confirmExtensions(listOf("second; bad"), [first, second])).toMatchObject({ code: "EXTENSION_PARAMETERS" });
  });

  test("an extension that gives no transform is a mistake of the program", () => {
    const broken = ["encode", "decode", "wants"].map((name) => ({ ...transform, [name]: 5 }));
    for (const given of [undefined, null, false, {}, ...broken, () => transform]) {
      const wrong = { name: "x", offer: () => "x", accept: () => ({ response: "x", transform: given }), confirm: () => given } as never;
      const mistake = new TypeError("The extension x has given no transform.");
      expect(() => acceptExtensions(listOf("x"), [wrong])).toThrow(mistake);
      expect(() => confirmExtensions(listOf("x"), [wrong])).toThrow(mistake);
    }
  });

  test("a client refuses an extension that it does not know, and two at once", () => {
    expect(confirmExtensions(listOf("third"), [first])).toMatchObject({ code: "EXTENSION_NOT_OFFERED" });
    expect(confirmExtensions(listOf("first; good, first; good"), [first])).toMatchObject({ code: "EXTENSION_PARAMETERS" });
  });
});
