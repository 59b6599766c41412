// RFC 6455 §5.2 and §11.8: the opcodes of frames.

/** Opcodes of RFC 6455 §5.2. The other values of the four bits (3–7 and 11–15) are reserved. */
export const Opcode = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;

/** One of the six opcodes that RFC 6455 §5.2 defines. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** Which side of the connection this endpoint is: a server receives masked frames, a client unmasked ones (§5.1). */
export type Role = "client" | "server";
