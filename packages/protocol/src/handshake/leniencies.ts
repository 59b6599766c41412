/**
 * Rules of the opening handshake that a program may waive, by name and for each role. Nothing is waived by default; docs/leniencies.md says who breaks
 * these rules in the field. Waiving one waives no other: a leniency takes the place of one check.
 */
import type { HeadLeniencies } from "../head/head-options.ts";

/** Of both roles. */
interface FieldLeniencies {
  /** `Sec-WebSocket-Protocol` and `Sec-WebSocket-Extensions` without a value count as absent (§4.1, §4.2.2, §9.1: they have one). */
  readonly emptyHandshakeFields?: boolean | undefined;
}

/** What a server lets clients do. */
export interface ServerHandshakeLeniencies extends FieldLeniencies, Pick<HeadLeniencies, "leadingEmptyLines"> {
  /** The four bits that the base64 of `Sec-WebSocket-Key` leaves over may be set (RFC 4648 §3.5). */
  readonly strayKeyBits?: boolean | undefined;
}

/** What a client lets servers do. */
export interface ClientHandshakeLeniencies extends FieldLeniencies, Pick<HeadLeniencies, "missingReasonSpace"> {}

/** The values of a field that may be empty, as far as they count. */
export function countedValues(values: readonly string[], { emptyHandshakeFields = false }: FieldLeniencies = {}): readonly string[] {
  return emptyHandshakeFields && values.includes("") ? values.filter((value) => value !== "") : values;
}
