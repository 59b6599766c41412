// Frames and what they mean, for a server unless `role` says otherwise. The RFC's own examples first.

import type { MessageDecoderOptions } from "@ws/codec";

import type { Said } from "./support.ts";

export interface Vector {
  rule: string;
  bytes: string;
  role?: "client" | "server";
  options?: Partial<MessageDecoderOptions>;
  said: Said[];
}

const failed = (code: string, closeCode = 1002): Said[] => [{ failed: code, closeCode }];
const a = (count: number): string => "61".repeat(count);

export const vectors: Vector[] = [
  // RFC 6455 §5.7
  { rule: "§5.7 a single-frame unmasked text message", bytes: "8105 48656c6c6f", role: "client", said: [{ text: "Hello" }] },
  { rule: "§5.7 a single-frame masked text message", bytes: "8185 37fa213d 7f9f4d5158", said: [{ text: "Hello" }] },
  { rule: "§5.7 a fragmented unmasked text message", bytes: "0103 48656c 8002 6c6f", role: "client", said: [{ text: "Hello" }] },
  { rule: "§5.7 an unmasked Ping", bytes: "8905 48656c6c6f", role: "client", said: [{ ping: "48656c6c6f" }] },
  { rule: "§5.7 its masked Pong", bytes: "8a85 37fa213d 7f9f4d5158", said: [{ pong: "48656c6c6f" }] },
  { rule: "§5.7 256 bytes of binary in one unmasked frame", bytes: `827e0100 ${a(256)}`, role: "client", said: [{ binary: a(256) }] },

  // Lengths
  { rule: "§5.2 an empty text message", bytes: "8180 00000000", said: [{ text: "" }] },
  { rule: "§5.2 an empty binary message", bytes: "8200", role: "client", said: [{ binary: "" }] },
  { rule: "§5.2 125 bytes take seven bits", bytes: `827d ${a(125)}`, role: "client", said: [{ binary: a(125) }] },
  { rule: "§5.2 126 bytes take sixteen bits", bytes: `827e007e ${a(126)}`, role: "client", said: [{ binary: a(126) }] },
  { rule: "§5.2 rejects 125 bytes in sixteen bits", bytes: `827e007d`, role: "client", said: failed("LENGTH_NOT_MINIMAL") },
  { rule: "§5.2 rejects 65535 bytes in 64 bits", bytes: "827f000000000000ffff", role: "client", said: failed("LENGTH_NOT_MINIMAL") },
  { rule: "§5.2 rejects the top bit", bytes: "827f8000000000000001", role: "client", said: failed("LENGTH_TOP_BIT") },
  { rule: "§5.2 rejects all 64 bits", bytes: "82ff ffffffffffffffff 00000000", said: failed("LENGTH_TOP_BIT") },
  { rule: "§10.4 rejects 2^53", bytes: "827f0020000000000000", role: "client", said: failed("LENGTH_UNSAFE", 1009) },
  { rule: "§10.4 rejects 2^63-1", bytes: "827f7fffffffffffffff", role: "client", said: failed("LENGTH_UNSAFE", 1009) },
  {
    rule: "§10.4 rejects 2^53-1 as a message above the limit",
    bytes: "827f001fffffffffffff",
    role: "client",
    said: failed("MESSAGE_TOO_BIG", 1009),
  },
  {
    rule: "a non-minimal length passes when that is allowed by name",
    bytes: "827e0001 61 827f0000000000000002 6161",
    role: "client",
    options: { lenient: { nonMinimalLengths: true } },
    said: [{ binary: "61" }, { binary: "6161" }],
  },

  // First byte
  { rule: "§5.2 rejects RSV1", bytes: "c100", role: "client", said: failed("RESERVED_BITS") },
  { rule: "§5.2 rejects RSV2", bytes: "a100", role: "client", said: failed("RESERVED_BITS") },
  { rule: "§5.2 rejects RSV3", bytes: "9100", role: "client", said: failed("RESERVED_BITS") },
  { rule: "RFC 7692 §6 rejects RSV1 on a Ping", bytes: "c900", role: "client", options: { rsv: 4 }, said: failed("RESERVED_BITS") },
  {
    rule: "RFC 7692 §6 rejects RSV1 on a continuation",
    bytes: "4100 c000",
    role: "client",
    options: { rsv: 4 },
    said: [{ chunk: "", opcode: 1, first: true, last: false }, ...failed("RESERVED_BITS")],
  },
  { rule: "§5.2 rejects opcode 3", bytes: "8300", role: "client", said: failed("RESERVED_OPCODE") },
  { rule: "§5.2 rejects opcode 11", bytes: "8b00", role: "client", said: failed("RESERVED_OPCODE") },
  { rule: "a broken first byte fails at once", bytes: "83", role: "client", said: failed("RESERVED_OPCODE") },
  { rule: "a broken second byte fails at once", bytes: "8205", said: failed("MASK_MISSING") },

  // MASK
  { rule: "§5.1 a server rejects an unmasked frame", bytes: "8100", said: failed("MASK_MISSING") },
  { rule: "§5.1 a client rejects a masked frame", bytes: "8180 00000000", role: "client", said: failed("MASK_UNEXPECTED") },
  { rule: "§5.3 a key of zeros masks nothing", bytes: "8281 00000000 61", said: [{ binary: "61" }] },

  // §5.4
  { rule: "§5.4 three fragments, one of them empty", bytes: "0201 01 0000 8001 02", role: "client", said: [{ binary: "0102" }] },
  {
    rule: "§5.4 control frames between fragments",
    bytes: "0201 01 8901 aa 8a00 8001 02",
    role: "client",
    said: [{ ping: "aa" }, { pong: "" }, { binary: "0102" }],
  },
  { rule: "§5.4 rejects a continuation of nothing", bytes: "8000", role: "client", said: failed("CONTINUATION_UNEXPECTED") },
  {
    rule: "§5.4 rejects a continuation after a whole message",
    bytes: "8200 8000",
    role: "client",
    said: [{ binary: "" }, ...failed("CONTINUATION_UNEXPECTED")],
  },
  {
    rule: "§5.4 rejects a text frame inside a fragmented message",
    bytes: "0200 8100",
    role: "client",
    said: failed("CONTINUATION_EXPECTED"),
  },
  {
    rule: "§5.4 rejects an unfinished frame inside a fragmented message",
    bytes: "0100 0200",
    role: "client",
    said: failed("CONTINUATION_EXPECTED"),
  },
  {
    rule: "the limit of fragments counts empty ones",
    bytes: "0200 0000 0000 8000",
    role: "client",
    options: { maxFragments: 3 },
    said: failed("TOO_MANY_FRAGMENTS", 1008),
  },
  {
    rule: "as many fragments as the limit pass",
    bytes: "0200 0000 8000",
    role: "client",
    options: { maxFragments: 3 },
    said: [{ binary: "" }],
  },

  // Limits
  {
    rule: "§10.4 a frame above the limit fails at its header",
    bytes: "8203",
    role: "client",
    options: { maxFrameBytes: 2 },
    said: failed("FRAME_TOO_BIG", 1009),
  },
  {
    rule: "§10.4 a message above the limit fails at its header",
    bytes: "8203",
    role: "client",
    options: { maxMessageBytes: 2 },
    said: failed("MESSAGE_TOO_BIG", 1009),
  },
  {
    rule: "§10.4 fragments together above the limit",
    bytes: "0202 0102 8001",
    role: "client",
    options: { maxMessageBytes: 2 },
    said: failed("MESSAGE_TOO_BIG", 1009),
  },
  {
    rule: "a limit of 0 means 0",
    bytes: "8200 8201",
    role: "client",
    options: { maxMessageBytes: 0 },
    said: [{ binary: "" }, ...failed("MESSAGE_TOO_BIG", 1009)],
  },
  {
    rule: "a message at the limit passes",
    bytes: "8202 0102",
    role: "client",
    options: { maxMessageBytes: 2, maxFrameBytes: 2 },
    said: [{ binary: "0102" }],
  },

  // §5.5
  { rule: "§5.5 rejects a fragmented Ping", bytes: "0900", role: "client", said: failed("CONTROL_FRAGMENTED") },
  { rule: "§5.5 rejects a Ping of 126 bytes", bytes: "897e007e", role: "client", said: failed("CONTROL_TOO_LONG") },
  { rule: "§5.5 a Ping of 125 bytes", bytes: `897d ${a(125)}`, role: "client", said: [{ ping: a(125) }] },
  { rule: "§5.5.1 an empty Close", bytes: "8800", role: "client", said: [{ close: 1005, reason: "" }] },
  { rule: "§5.5.1 rejects a Close of one byte", bytes: "8801 03", role: "client", said: failed("CLOSE_PAYLOAD_TOO_SHORT") },
  { rule: "§5.5.1 a code without a reason", bytes: "8802 03e8", role: "client", said: [{ close: 1000, reason: "" }] },
  { rule: "§5.5.1 a code and a reason, masked", bytes: "8885 37fa213d 3412585844", said: [{ close: 1000, reason: "yes" }] },
  { rule: "§7.4.1 rejects 1005 in a Close", bytes: "8802 03ed", role: "client", said: failed("CLOSE_CODE_INVALID") },
  { rule: "§7.4.2 rejects 999", bytes: "8802 03e7", role: "client", said: failed("CLOSE_CODE_INVALID") },
  { rule: "§8.1 rejects a reason that is not UTF-8", bytes: "8803 03e8 ff", role: "client", said: failed("INVALID_UTF8", 1007) },

  // §5.6, §8.1
  { rule: "§5.6 text may be cut inside a character", bytes: "0102 c3a9 0001 c3 8001 a9", role: "client", said: [{ text: "éé" }] },
  { rule: "§5.6 four bytes over four fragments", bytes: "0101 f0 0001 9f 0001 98 8001 80", role: "client", said: [{ text: "😀" }] },
  { rule: "§8.1 rejects text that ends inside a character", bytes: "8102 61c3", role: "client", said: failed("INVALID_UTF8", 1007) },
  {
    rule: "§8.1 rejects a fragmented text that ends inside a character",
    bytes: "0101 c3 8000",
    role: "client",
    said: failed("INVALID_UTF8", 1007),
  },
  { rule: "§8.1 rejects a surrogate", bytes: "8103 eda080", role: "client", said: failed("INVALID_UTF8", 1007) },
  { rule: "§8.1 fails at the first bad byte of a fragment", bytes: "0102 eda0", role: "client", said: failed("INVALID_UTF8", 1007) },
  { rule: "§8.1 an overlong slash", bytes: "8102 c0af", role: "client", said: failed("INVALID_UTF8", 1007) },
  { rule: "§8.1 a byte order mark is part of the text", bytes: "8104 efbbbf61", role: "client", said: [{ text: "\ufeffa" }] },
  { rule: "§8.1 binary messages may be anything", bytes: "8202 c0af", role: "client", said: [{ binary: "c0af" }] },
];
