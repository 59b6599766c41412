/**
 * The option `lenient`: rules that a program does not insist on, by name and for each role. docs/leniencies.md says who breaks them.
 */
import type { FrameLeniencies } from "@ws/codec";
import type { ClientHandshakeLeniencies, ServerHandshakeLeniencies } from "@ws/protocol/handshake";

/** What a server lets clients do. */
export interface ServerLeniencies extends FrameLeniencies, ServerHandshakeLeniencies {}

/** What a client lets servers do. */
export interface ClientLeniencies extends FrameLeniencies, ClientHandshakeLeniencies {}

type Names = keyof (ServerLeniencies & ClientLeniencies);

/** Of either role, read once: the program may do with its object what it likes. */
export type Leniencies = Readonly<Record<Names, boolean>>;

/** @param lenient one of its own role's, by the check of names */
export function leniencies(lenient: (ServerLeniencies & ClientLeniencies) | undefined = {}): Leniencies {
  const {
    nonMinimalLengths = false,
    emptyHandshakeFields = false,
    strayKeyBits = false,
    leadingEmptyLines = false,
    missingReasonSpace = false,
  } = lenient;
  return { nonMinimalLengths, emptyHandshakeFields, strayKeyBits, leadingEmptyLines, missingReasonSpace };
}
