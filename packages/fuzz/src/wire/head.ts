/** RFC 9112, as far as an opening handshake needs it: a head read from bytes, and the lists of RFC 6455 §9.1 and RFC 9110 §5.6.1. */
import { fromLatin1 } from "./bytes.ts";

export interface Head {
  /** Three parts of the start line, as they stand. */
  readonly start: string;
  readonly headers: (readonly [name: string, value: string])[];
  /** Bytes of the head with its empty line. */
  readonly length: number;
  /** Lines that are not a header field. */
  readonly malformed: string[];
}

/** Reads a head. undefined: there is no empty line yet. */
export function readHead(bytes: Uint8Array): Head | undefined {
  let end = -1;
  for (let index = 3; index < bytes.length; index++) {
    if (bytes[index] === 10 && bytes[index - 1] === 13 && bytes[index - 2] === 10 && bytes[index - 3] === 13) {
      end = index - 3;
      break;
    }
  }
  if (end < 0) return undefined;
  const [start = "", ...lines] = fromLatin1(bytes.subarray(0, end)).split("\r\n");
  const head: Head = { start, headers: [], length: end + 4, malformed: [] };
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    // eslint-disable-next-line no-control-regex -- the characters that RFC 9110 §5.5 forbids
    if (match === null || /[\x00-\x08\x0a-\x1f\x7f]/.test(match[2]!)) head.malformed.push(line);
    else head.headers.push([match[1]!, match[2]!]);
  }
  return head;
}

/** All values of one header. */
export function headerValues(head: { headers: readonly (readonly [string, string])[] }, name: string): string[] {
  return head.headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The elements of a comma-separated list over all lines of one header. */
export function headerList(head: { headers: readonly (readonly [string, string])[] }, name: string): string[] {
  return headerValues(head, name)
    .join(",")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export const TOKEN: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export interface ExtensionItem {
  readonly name: string;
  readonly params: [name: string, value: string | undefined][];
}

/** §9.1: `extension-list`. undefined: not of that grammar. */
export function parseExtensions(value: string): ExtensionItem[] | undefined {
  const items: ExtensionItem[] = [];
  let at = 0;
  const skip = (): void => {
    while (value[at] === " " || value[at] === "\t") at++;
  };
  const token = (): string | undefined => {
    const match = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/.exec(value.slice(at));
    if (match === null) return undefined;
    at += match[0].length;
    return match[0];
  };
  for (;;) {
    skip();
    if (at >= value.length) return items.length > 0 ? items : undefined;
    if (value[at] === ",") {
      at++; // RFC 9110 §5.6.1.2: empty elements are read over
      continue;
    }
    const name = token();
    if (name === undefined) return undefined;
    const item: ExtensionItem = { name, params: [] };
    for (;;) {
      skip();
      if (value[at] !== ";") break;
      at++;
      skip();
      const param = token();
      if (param === undefined) return undefined;
      skip();
      if (value[at] !== "=") {
        item.params.push([param, undefined]);
        continue;
      }
      at++;
      skip();
      if (value[at] === '"') {
        const match = /^"((?:[^"\\]|\\.)*)"/.exec(value.slice(at));
        if (match === null) return undefined;
        at += match[0].length;
        const unquoted = match[1]!.replace(/\\(.)/g, "$1");
        // §9.1: the value after unescaping must be a token.
        if (!TOKEN.test(unquoted)) return undefined;
        item.params.push([param, unquoted]);
      } else {
        const plain = token();
        if (plain === undefined) return undefined;
        item.params.push([param, plain]);
      }
    }
    items.push(item);
    skip();
    if (at >= value.length) return items;
    if (value[at] !== ",") return undefined;
    at++;
  }
}
