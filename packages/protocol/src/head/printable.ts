/**
 * A peer's text as it may stand in an error message: what would move a terminal's cursor, end a log's line or turn the direction of reading around
 * (control and format characters, C1 included, line separators, lone surrogates) is shown by its number.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
