/** What the programs of both interfaces may say in a Close frame. */
import { utf8 } from "@ws/codec";

/**
 * "Validate close code and reason".
 *
 * @throws DOMException "InvalidAccessError" for a code that programs may not send, "SyntaxError" for a reason above 123 bytes
 */
export function validateCloseCodeAndReason(code: number | undefined, reason: string): void {
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(`the code must be 1000, or from 3000 to 4999, not ${code}`, "InvalidAccessError");
  }
  const length = utf8.byteLength(reason);
  // §5.5: a control frame has at most 125 bytes, and two are the code's.
  if (length > 123) throw new DOMException(`the reason takes ${length} bytes in UTF-8, and 123 is the most`, "SyntaxError");
}

/** A reason needs a code before it (§5.5.1): 1000 when the program gave none. */
export function effectiveCode(code: number | undefined, reason: string): number | undefined {
  return code ?? (reason === "" ? undefined : 1000);
}
