import { isToken, trimWhitespace } from "./characters.ts";

/**
 * RFC 9110 §5.6.1 lists of tokens, spread over any number of fields of the same name (RFC 9110 §5.3).
 * Empty elements are ignored, as §5.6.1.2 demands of recipients. Not for elements with quoted strings.
 */

/** The elements in order, or undefined when one of them is not a token. */
export function parseTokenList(values: readonly string[]): string[] | undefined {
  const tokens: string[] = [];
  for (const value of values) {
    for (const part of value.split(",")) {
      const element = trimWhitespace(part);
      if (element === "") continue;
      if (!isToken(element)) return undefined;
      tokens.push(element);
    }
  }
  return tokens;
}

/** Whether one element equals `token` (in lower case), compared as RFC 6455 §4 does: ASCII case-insensitively. */
export function listIncludes(values: readonly string[], token: string): boolean {
  return values.some((value) => value.split(",").some((element) => equalsIgnoringCase(trimWhitespace(element), token)));
}

/** `lowerCase` is ASCII, so no character outside ASCII may match it: `toLowerCase` maps the Kelvin sign to `k`. */
export function equalsIgnoringCase(text: string, lowerCase: string): boolean {
  return text.length === lowerCase.length && isToken(text) && text.toLowerCase() === lowerCase;
}
