/**
 * One defect each. `breaks`: the rules that have to report it; `kind`: how it is reported; what a random session shrinks to is in
 * minimal.json, one entry per defect and role.
 */
import { acceptKeyFor } from "../../src/rfc/handshake.ts";
import type { Area } from "../../src/sessions/areas.ts";
import type { TargetRole } from "../../src/sessions/session.ts";
import { concatBytes, filledBytes, toHex } from "../../src/wire/bytes.ts";
import { MessageInflater } from "../../src/wire/message-inflater.ts";
import { checkUtf8, isUtf8 } from "../../src/wire/utf8.ts";
import type { Plant, TapFrame, TapState } from "./tap.ts";

export interface Defect {
  id: string;
  area: Area;
  roles: readonly TargetRole[];
  breaks: string;
  kind: string;
  plant: Plant;
  /** Random sessions never show it: it is found by rules only. */
  rulesOnly?: string;
  /** Rules to run besides, whose exchanges show the defect. */
  besides?: string;
}

const BOTH: readonly TargetRole[] = ["server", "client"];
const SERVER: readonly TargetRole[] = ["server"];
const CLIENT: readonly TargetRole[] = ["client"];

export const DEFECTS: Defect[] = [];
function plant(
  area: Area,
  id: string,
  roles: readonly TargetRole[],
  breaks: string,
  kind: string,
  defect: Plant,
  rulesOnly?: string,
): void {
  DEFECTS.push({ id, area, roles, breaks, kind, plant: defect, ...(rulesOnly === undefined ? {} : { rulesOnly }) });
}
/** Changes what comes. */
const on = (change: (frame: TapFrame, state: TapState) => TapFrame | undefined): Plant => ({
  receive: (frame, state) => {
    const changed = change(frame, state);
    return changed === undefined ? [] : [changed];
  },
});
/** Changes what goes. */
const out = (change: (frame: TapFrame, state: TapState) => TapFrame | TapFrame[] | undefined): Plant => ({
  send: (frame, state) => {
    const changed = change(frame, state);
    return changed === undefined ? [] : Array.isArray(changed) ? changed : [changed];
  },
});
const close = (code: number): Uint8Array => Uint8Array.of(code >> 8, code & 255);
const codeOf = (frame: TapFrame): number => (frame.payload.length < 2 ? 1005 : frame.payload[0]! * 256 + frame.payload[1]!);
/** ws without UTF-8 checks, with these instead. */
const utf8 = (valid: (bytes: Uint8Array) => boolean, code = 1007): Plant => ({
  options: { skipUTF8Validation: true },
  message: (socket, data, isBinary) => {
    if (!isBinary && !valid(data)) socket.close(code);
    else socket.send(data, { binary: isBinary });
  },
});

// Framing
for (const [name, bit] of [
  ["rsv1", 4],
  ["rsv2", 2],
  ["rsv3", 1],
] as const)
  plant(
    "framing",
    `accepts-${name}`,
    BOTH,
    `framing/${name}${bit === 1 ? ",framing/rsv-close,framing/rsv-continuation" : bit === 2 ? ",framing/rsv-ping" : ""}`,
    "accepts:rsv",
    on((frame, state) => (bit === 4 && state.deflate ? frame : { ...frame, rsv: frame.rsv & ~bit })),
  );
plant(
  "framing",
  "accepts-all-reserved-bits",
  BOTH,
  "framing/rsv*",
  "accepts:rsv",
  on((frame, state) => ({ ...frame, rsv: state.deflate ? frame.rsv & 4 : 0 })),
);
plant(
  "framing",
  "ignores-reserved-data-opcodes",
  BOTH,
  "framing/opcode-3,framing/opcode-4,framing/opcode-5,framing/opcode-6,framing/opcode-7,framing/opcode-payload",
  "accepts:opcode",
  on((frame) => (frame.opcode >= 3 && frame.opcode <= 7 ? undefined : frame)),
);
plant(
  "framing",
  "ignores-reserved-control-opcodes",
  BOTH,
  "framing/opcode-11,framing/opcode-12,framing/opcode-13,framing/opcode-14,framing/opcode-15",
  "accepts:opcode",
  on((frame) => (frame.opcode >= 11 ? undefined : frame)),
);
plant(
  "framing",
  "reads-opcode-3-as-text",
  BOTH,
  "framing/opcode-3",
  "accepts:opcode",
  on((frame) => (frame.opcode === 3 ? { ...frame, opcode: 1 } : frame)),
);
plant(
  "framing",
  "accepts-unmasked",
  SERVER,
  "framing/unmasked,framing/unmasked-ping",
  "accepts:masking",
  on((frame) => ({ ...frame, masked: true })),
);
plant(
  "framing",
  "accepts-masked",
  CLIENT,
  "framing/masked,framing/masked-ping",
  "accepts:masking",
  on((frame) => ({ ...frame, masked: false })),
);
plant(
  "framing",
  "ignores-masking-key-zero",
  SERVER,
  "framing/mask-zero",
  "changed-message",
  on((frame) =>
    frame.opcode < 8 && frame.maskingKey === 0 && frame.payload.length > 0
      ? { ...frame, payload: filledBytes(frame.payload.length, 0x7a) }
      : frame,
  ),
);
plant(
  "framing",
  "unmasks-only-seven-bits",
  SERVER,
  "framing/mask-ones",
  "changed-message",
  on((frame) =>
    frame.opcode === 2 && frame.maskingKey === 0xffffffff ? { ...frame, payload: frame.payload.map((byte) => byte ^ 0x80) } : frame,
  ),
);
plant(
  "framing",
  "keeps-first-masking-key",
  SERVER,
  "framing/mask-per-frame",
  "changed-message",
  on((frame, state) => {
    const first = (state["key"] ??= frame.maskingKey) as number;
    const wrong = [first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255];
    const right = [frame.maskingKey! >>> 24, (frame.maskingKey! >>> 16) & 255, (frame.maskingKey! >>> 8) & 255, frame.maskingKey! & 255];
    return frame.opcode === 2
      ? { ...frame, payload: frame.payload.map((byte, index) => byte ^ right[index % 4]! ^ wrong[index % 4]!) }
      : frame;
  }),
);
plant(
  "framing",
  "loses-last-byte-of-4",
  BOTH,
  "framing/binary-4",
  "changed-message",
  on((frame) => (frame.opcode === 2 && frame.payload.length === 4 ? { ...frame, payload: frame.payload.slice(0, 3) } : frame)),
);
plant(
  "framing",
  "misreads-16-bit-lengths",
  BOTH,
  "framing/text-126,framing/text-127,framing/text-128,framing/text-255,framing/text-256,framing/text-65535,framing/binary-126,framing/binary-127,framing/binary-128,framing/binary-255,framing/binary-256,framing/binary-65535",
  "changed-message",
  on((frame) => (frame.opcode < 8 && frame.lengthForm === 16 ? { ...frame, payload: frame.payload.slice(1) } : frame)),
);
plant(
  "framing",
  "truncates-64-bit-lengths",
  BOTH,
  "framing/text-65536,framing/binary-65536",
  "changed-message",
  on((frame) => (frame.payload.length >= 65536 ? { ...frame, payload: frame.payload.slice(0, frame.payload.length & 0xffff) } : frame)),
);
plant(
  "framing",
  "loses-empty-messages",
  BOTH,
  "framing/text-0,framing/binary-0,types/alternating",
  "lost-message",
  on((frame, state) =>
    frame.opcode < 3 && frame.opcode > 0 && frame.fin && frame.payload.length === 0 && !state.inMessage ? undefined : frame,
  ),
);
for (const size of [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 125])
  plant(
    "framing",
    `loses-messages-of-${size}`,
    BOTH,
    `framing/binary-${size}${size === 125 ? ",framing/text-125" : ""}`,
    "lost-message",
    on((frame, state) =>
      frame.opcode > 0 && frame.opcode < 3 && frame.fin && frame.payload.length === size && frame.rsv === 0 && !state.inMessage
        ? undefined
        : frame,
    ),
  );
plant(
  "framing",
  "accepts-top-bit",
  BOTH,
  "framing/length-top-bit",
  "accepts:length-top-bit",
  {
    receiveBytes: (chunk) =>
      chunk[0] === 0x82 && (chunk[1]! & 0x7f) === 127 && chunk[2]! >= 0x80
        ? [Uint8Array.of(0x81, chunk[1]! & 0x80 ? 0x80 : 0, ...(chunk[1]! & 0x80 ? [0, 0, 0, 0] : []))]
        : [chunk],
  },
  "random sessions declare no such length",
);
plant("framing", "accepts-long-lengths", BOTH, "framing/length-*-for-*", "accepts:non-minimal-length", {});
plant("framing", "reorders-messages", BOTH, "framing/order", "reordered", {
  message: (socket, data, isBinary) =>
    void setTimeout(() => socket.readyState === 1 && socket.send(data, { binary: isBinary }), isBinary ? 4 : 0),
});
plant(
  "framing",
  "sends-masked",
  SERVER,
  "framing/sent-mask",
  "sent:masking",
  out((frame) => ({ ...frame, masked: true, maskingKey: 0x0a0b0c0d })),
);
plant(
  "framing",
  "sends-unmasked",
  CLIENT,
  "framing/sent-mask",
  "sent:masking",
  out((frame) => ({ ...frame, masked: false })),
);
plant(
  "framing",
  "one-masking-key",
  CLIENT,
  "framing/sent-fresh-key",
  "sent:masking-key-reused",
  out((frame) => ({ ...frame, maskingKey: 0x0a0b0c0d })),
);
plant(
  "framing",
  "counts-masking-keys",
  CLIENT,
  "framing/sent-fresh-key",
  "sent:masking-key-predictable",
  out((frame, state) => ({ ...frame, maskingKey: (state["next"] = ((state["next"] as number | undefined) ?? 7) + 1) as number })),
);
plant(
  "framing",
  "sends-rsv2",
  BOTH,
  "framing/sent-rsv",
  "sent:rsv",
  out((frame) => ({ ...frame, rsv: frame.rsv | (frame.opcode === 1 ? 2 : 0) })),
);
plant(
  "framing",
  "sends-opcode-5",
  BOTH,
  "framing/sent-opcode",
  "sent:opcode",
  out((frame) => (frame.opcode === 2 ? [{ ...frame, opcode: 5 }] : frame)),
);
plant(
  "framing",
  "sends-long-lengths",
  BOTH,
  "framing/sent-length",
  "sent:non-minimal-length",
  out((frame) => (frame.opcode < 8 ? { ...frame, lengthForm: 64 } : frame)),
);
plant(
  "framing",
  "sends-interleaved-fragments",
  BOTH,
  "framing/sent-fragments",
  "sent:message-inside-message",
  out((frame) =>
    frame.opcode === 1 && frame.payload.length > 100
      ? [
          { ...frame, fin: false, payload: frame.payload.slice(0, 50) },
          { ...frame, payload: frame.payload.slice(50) },
        ]
      : frame,
  ),
);
plant(
  "framing",
  "sends-fragmented-pongs",
  BOTH,
  "framing/sent-control",
  "sent:control-fragmented",
  out((frame) => (frame.opcode === 10 && frame.payload.length > 100 ? { ...frame, fin: false } : frame)),
);
plant("framing", "ends-inside-frame", BOTH, "framing/sent-whole-frames", "sent:partial-frame", {
  send: (frame) => (frame.opcode === 8 && codeOf(frame) === 1000 ? [{ ...frame, declaredLength: 20n }] : [frame]),
});
plant(
  "framing",
  "sends-latin1",
  BOTH,
  "framing/sent-utf8",
  "sent:utf8",
  out((frame) =>
    frame.opcode === 1 && !frame.rsv ? { ...frame, payload: Buffer.from(Buffer.from(frame.payload).toString("utf8"), "latin1") } : frame,
  ),
);

// Segmentation
plant("segmentation", "one-frame-per-read", BOTH, "segmentation/many-in-one,segmentation/empty-at-end", "*", {
  receiveBytes: (chunk) => {
    const length = chunk[1]! & 0x7f;
    const masked = chunk[1]! & 0x80 ? 4 : 0;
    return length < 126 && chunk.length > 2 + masked + length ? [chunk.subarray(0, 2 + masked + length)] : [chunk];
  },
});
plant(
  "segmentation",
  "frame-must-come-at-once",
  SERVER,
  "segmentation/text,segmentation/header-*,segmentation/ping,segmentation/close,segmentation/utf8,segmentation/fragments,segmentation/mask-unaligned,segmentation/frame-and-half,resilience/slow-bytes,compression/segmented",
  "*",
  {
    receiveBytes: (chunk, state) => {
      // Reads a frame only if it comes whole; anything else is thrown away.
      const pieces: Uint8Array[] = [];
      let at = 0;
      let need = (state["need"] as number | undefined) ?? 0;
      if (need > 0) {
        at = Math.min(need, chunk.length);
        need -= at;
        pieces.push(chunk.subarray(0, at));
      }
      while (at < chunk.length) {
        const header = chunk.subarray(at);
        const short = (header[1] ?? 0) & 0x7f;
        const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
        const size = 2 + extended + ((header[1] ?? 0) & 0x80 ? 4 : 0);
        if (header.length < size) break;
        const length =
          extended === 0
            ? short
            : extended === 2
              ? header[2]! * 256 + header[3]!
              : Number(Buffer.from(header).readBigUInt64BE(2) & 0xffffffffn);
        if (header.length < size + length) {
          if (size + length < 5000) break;
          need = size + length - header.length;
        }
        pieces.push(header.subarray(0, size + length));
        at += size + length;
      }
      state["need"] = need;
      return pieces;
    },
  },
);
plant(
  "segmentation",
  "mask-restarts-with-each-read",
  SERVER,
  "segmentation/mask-unaligned",
  "changed-message",
  on((frame) => {
    const payload = frame.payload.slice();
    const key = [frame.maskingKey! >>> 24, (frame.maskingKey! >>> 16) & 255, (frame.maskingKey! >>> 8) & 255, frame.maskingKey! & 255];
    for (const cut of frame.cuts ?? [])
      for (let index = cut; index < payload.length; index++) payload[index] = payload[index]! ^ key[index % 4]! ^ key[(index - cut) % 4]!;
    return frame.opcode === 2 ? { ...frame, payload } : frame;
  }),
);
plant(
  "segmentation",
  "utf8-per-read",
  BOTH,
  "segmentation/utf8",
  "*",
  on((frame) =>
    frame.opcode === 1 && (frame.cuts ?? []).some((cut) => checkUtf8(frame.payload.subarray(0, cut)).incomplete)
      ? { ...frame, payload: filledBytes(1, 0xff) }
      : frame,
  ),
);

// Fragmentation
plant(
  "fragmentation",
  "loses-empty-last-fragment",
  BOTH,
  "fragmentation/last-empty,fragmentation/all-empty",
  "*",
  on((frame) => (frame.opcode === 0 && frame.payload.length === 0 && frame.fin ? undefined : frame)),
);
plant(
  "fragmentation",
  "loses-empty-first-fragment",
  BOTH,
  "fragmentation/first-empty",
  "*",
  on((frame) => (frame.opcode > 0 && frame.opcode < 8 && frame.payload.length === 0 && !frame.fin ? undefined : frame)),
);
plant(
  "fragmentation",
  "empty-fragment-ends-message",
  BOTH,
  "fragmentation/middle-empty",
  "*",
  on((frame) => (frame.opcode === 0 && frame.payload.length === 0 ? { ...frame, fin: true } : frame)),
);
plant(
  "fragmentation",
  "control-frame-ends-message",
  BOTH,
  "fragmentation/ping-between,fragmentation/pong-between,fragmentation/pings-between",
  "*",
  {
    receive: (frame, state) => {
      if (frame.opcode >= 9 && state.inMessage) return [{ fin: true, rsv: 0, opcode: 0, payload: new Uint8Array(0) }, frame];
      return [frame];
    },
  },
);
plant(
  "fragmentation",
  "ignores-stray-continuation",
  BOTH,
  "fragmentation/continuation-alone*,fragmentation/continuation-after-*",
  "accepts:continuation-without-start",
  on((frame, state) => (frame.opcode === 0 && !state.inMessage && (state["lost"] = true) ? undefined : frame)),
);
plant(
  "fragmentation",
  "reads-stray-continuation-as-text",
  BOTH,
  "fragmentation/continuation-alone,fragmentation/continuation-after-*",
  "accepts:continuation-without-start",
  on((frame, state) => (frame.opcode === 0 && frame.fin && !state.inMessage ? { ...frame, opcode: 1 } : frame)),
);
plant(
  "fragmentation",
  "restarts-on-new-message",
  BOTH,
  "fragmentation/text-inside,fragmentation/binary-inside,fragmentation/start-inside",
  "accepts:message-inside-message",
  {
    receive: (frame, state) => {
      if (frame.opcode > 0 && frame.opcode < 8 && state.inMessage) {
        state["skip"] = true;
        return [{ fin: true, rsv: 0, opcode: 0, payload: new Uint8Array(0) }, frame];
      }
      return [frame];
    },
  },
);
plant(
  "fragmentation",
  "echoes-each-fragment",
  BOTH,
  "fragmentation/two,fragmentation/two-binary,fragmentation/three,fragmentation/byte-by-byte,fragmentation/awaiting,fragmentation/twice,fragmentation/then-whole",
  "*",
  on((frame, state) => {
    if (frame.opcode === 0 && state.inMessage) return { ...frame, fin: true, opcode: state["type"] as number };
    if (frame.opcode < 8 && !frame.fin) state["type"] = frame.opcode;
    return frame.opcode < 8 ? { ...frame, fin: true } : frame;
  }),
);
plant(
  "fragmentation",
  "fragments-become-text",
  BOTH,
  "fragmentation/two-binary,fragmentation/twice",
  "wrong-type",
  on((frame) => (frame.opcode === 2 && !frame.fin ? { ...frame, opcode: 1 } : frame)),
);
plant(
  "fragmentation",
  "ignores-close-between",
  BOTH,
  "fragmentation/close-between",
  "close-unanswered",
  on((frame, state) => (frame.opcode === 8 && state.inMessage ? undefined : frame)),
  "random sessions close between messages",
);

// Control frames
plant(
  "control",
  "no-pong",
  BOTH,
  "control/ping-empty,control/ping-payload,control/ping-binary,control/ping-125,control/ping-many,control/ping-each,control/ping-among-messages",
  "pong-missing",
  on((frame) => (frame.opcode === 9 && frame.payload.length <= 125 && frame.fin && frame.rsv === 0 ? undefined : frame)),
);
plant(
  "control",
  "empty-pong",
  BOTH,
  "control/ping-payload,control/ping-binary,control/ping-each,control/ping-many,control/ping-among-messages,control/ping-125",
  "pong-missing",
  out((frame) => (frame.opcode === 10 ? { ...frame, payload: new Uint8Array(0) } : frame)),
);
plant(
  "control",
  "pong-loses-byte-125",
  BOTH,
  "control/ping-125",
  "pong-missing",
  out((frame) => (frame.opcode === 10 && frame.payload.length === 125 ? { ...frame, payload: frame.payload.slice(0, 124) } : frame)),
);
plant(
  "control",
  "first-ping-only",
  BOTH,
  "control/ping-each,control/ping-many",
  "pong-missing",
  on((frame, state) => {
    if (frame.opcode !== 9 || !frame.fin || frame.rsv !== 0 || frame.payload.length > 125) return frame;
    const again = state["ponged"] === true;
    state["ponged"] = true;
    return again ? undefined : frame;
  }),
);
plant(
  "control",
  "pong-is-text",
  BOTH,
  "control/ping-binary,utf8/ping-not-checked",
  "pong-missing",
  out((frame) =>
    frame.opcode === 10 ? { ...frame, payload: Buffer.from(Buffer.from(frame.payload).toString("utf8")).subarray(0, 125) } : frame,
  ),
);
plant(
  "control",
  "loses-empty-pings",
  BOTH,
  "control/ping-empty",
  "pong-missing",
  on((frame) => (frame.opcode === 9 && frame.payload.length === 0 && frame.fin && frame.rsv === 0 ? undefined : frame)),
);
plant(
  "control",
  "fails-on-pong",
  BOTH,
  "control/pong-unsolicited,control/pong-empty,resilience/many-pongs",
  "failed-legal",
  on((frame) => (frame.opcode === 10 ? { ...frame, rsv: 7 } : frame)),
);
plant(
  "control",
  "accepts-long-ping",
  BOTH,
  "control/ping-126",
  "accepts:control-too-long",
  on((frame) => (frame.opcode === 9 ? { ...frame, payload: frame.payload.slice(0, 125) } : frame)),
);
plant(
  "control",
  "accepts-long-pong",
  BOTH,
  "control/pong-126",
  "accepts:control-too-long",
  on((frame) => (frame.opcode === 10 ? { ...frame, payload: frame.payload.slice(0, 125) } : frame)),
);
plant(
  "control",
  "accepts-long-close",
  BOTH,
  "control/close-126",
  "*",
  on((frame) => (frame.opcode === 8 && frame.fin ? { ...frame, payload: frame.payload.slice(0, 125) } : frame)),
  "random sessions send no long Close",
);
plant(
  "control",
  "accepts-fragmented-ping",
  BOTH,
  "control/ping-fragmented",
  "accepts:control-fragmented",
  on((frame) => (frame.opcode === 9 ? { ...frame, fin: true } : frame)),
);
plant(
  "control",
  "accepts-fragmented-pong",
  BOTH,
  "control/pong-fragmented",
  "accepts:control-fragmented",
  on((frame) => (frame.opcode === 10 ? { ...frame, fin: true } : frame)),
);
plant(
  "control",
  "accepts-fragmented-close",
  BOTH,
  "control/close-fragmented",
  "*",
  on((frame) => (frame.opcode === 8 ? { ...frame, fin: true } : frame)),
);

// UTF-8
plant("utf8", "no-check", BOTH, "utf8/illegal-*,utf8/fail-fast-*,segmentation/none", "accepts:utf8", {
  options: { skipUTF8Validation: true },
});
plant(
  "utf8",
  "accepts-surrogates",
  BOTH,
  "utf8/illegal-surrogate-*",
  "accepts:utf8",
  utf8((bytes) => isUtf8(bytes) || isUtf8(fromCesu(bytes))),
);
plant(
  "utf8",
  "accepts-overlong",
  BOTH,
  "utf8/illegal-overlong-2,utf8/illegal-overlong-2-max,utf8/illegal-overlong-nul",
  "accepts:utf8",
  utf8((bytes) => isUtf8(bytes) || /^(?:[0-7][0-9a-f]|c[01][89ab][0-9a-f])+$/.test(toHex(bytes))),
);
plant(
  "utf8",
  "accepts-cut-at-end",
  BOTH,
  "utf8/illegal-two-cut,utf8/illegal-three-cut,utf8/illegal-four-cut,utf8/illegal-last-fragment-cut",
  "accepts:utf8",
  utf8((bytes) => checkUtf8(bytes).badAt === undefined),
);
plant(
  "utf8",
  "accepts-beyond-unicode",
  BOTH,
  "utf8/illegal-beyond",
  "accepts:utf8",
  utf8((bytes) => isUtf8(bytes) || isUtf8(Buffer.from(toHex(bytes).replace(/f49[0-9a-f]{5}/g, "61"), "hex"))),
);
plant("utf8", "replaces-invalid", BOTH, "utf8/illegal-ff,utf8/illegal-fe", "accepts:utf8", {
  options: { skipUTF8Validation: true },
  message: (socket, data, isBinary) => socket.send(isBinary ? data : data.toString("utf8"), { binary: isBinary }),
});
plant("utf8", "late-check", BOTH, "utf8/fail-fast-fragment", "accepts:utf8-late", {});
plant(
  "utf8",
  "late-check-in-frame",
  BOTH,
  "utf8/fail-fast-frame",
  "accepts:utf8-late",
  { options: { perMessageDeflate: false } },
  "the base fails late within a frame only",
);
plant("utf8", "strips-bom", BOTH, "utf8/legal-bom", "changed-message", {
  message: (socket, data, isBinary) =>
    socket.send(!isBinary && data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data, { binary: isBinary }),
});
plant(
  "utf8",
  "rejects-noncharacters",
  BOTH,
  "utf8/legal-noncharacters,utf8/legal-three-bytes",
  "failed-legal",
  on((frame) =>
    frame.opcode === 1 && frame.rsv === 0 && toHex(frame.payload).includes("efbfb") ? { ...frame, payload: filledBytes(1, 0xff) } : frame,
  ),
);
plant(
  "utf8",
  "rejects-four-bytes",
  BOTH,
  "utf8/legal-four-bytes,utf8/legal-planes",
  "failed-legal",
  on((frame) =>
    frame.opcode === 1 && frame.rsv === 0 && frame.payload.some((byte) => byte >= 0xf0 && byte <= 0xf4) && isUtf8(frame.payload)
      ? { ...frame, payload: filledBytes(1, 0xff) }
      : frame,
  ),
);
plant(
  "utf8",
  "rejects-u-d7ff",
  BOTH,
  "utf8/legal-around-surrogates",
  "failed-legal",
  on((frame) =>
    frame.opcode === 1 && frame.rsv === 0 && toHex(frame.payload).includes("ed9f") ? { ...frame, payload: filledBytes(1, 0xff) } : frame,
  ),
);
plant(
  "utf8",
  "rejects-two-bytes",
  BOTH,
  "utf8/legal-two-bytes,utf8/legal-greek",
  "failed-legal",
  on((frame) =>
    frame.opcode === 1 && frame.rsv === 0 && frame.payload.some((byte) => byte >= 0xc2 && byte <= 0xdf) && isUtf8(frame.payload)
      ? { ...frame, payload: filledBytes(1, 0xff) }
      : frame,
  ),
);
plant(
  "utf8",
  "rejects-control-characters",
  BOTH,
  "utf8/legal-ascii,types/text-nul",
  "failed-legal",
  on((frame) => (frame.opcode === 1 && frame.rsv === 0 && frame.payload.includes(0) ? { ...frame, payload: filledBytes(1, 0xff) } : frame)),
);
plant("utf8", "checks-each-fragment", BOTH, "utf8/legal-fragmented,utf8/legal-fragmented-bytes", "failed-legal", {
  receive: (frame, state) => {
    if (frame.opcode === 1) state["text"] = true;
    if (frame.opcode === 2) state["text"] = false;
    return [
      frame.opcode < 2 && frame.rsv === 0 && state["text"] === true && !state.deflate && !isUtf8(frame.payload)
        ? { ...frame, opcode: frame.opcode, rsv: 2 }
        : frame,
    ];
  },
});
plant("utf8", "checks-nothing-in-fragments", BOTH, "utf8/illegal-fragmented,utf8/illegal-last-fragment-cut", "*", {
  options: { skipUTF8Validation: true },
  receive: (frame, state) => {
    const alone = frame.opcode === 1 && frame.fin && !state.inMessage && !isUtf8(frame.payload);
    return [alone ? { ...frame, rsv: 2 } : frame];
  },
});
plant(
  "utf8",
  "closes-with-1002",
  BOTH,
  "utf8/close-code",
  "close-code:utf8",
  out((frame) => (frame.opcode === 8 && codeOf(frame) === 1007 ? { ...frame, payload: close(1002) } : frame)),
);
plant("utf8", "checks-binary", BOTH, "utf8/binary-not-checked,types/binary-any", "failed-legal", {
  message: (socket, data, isBinary) => {
    if (isBinary && !isUtf8(data)) socket.close(1007);
    else socket.send(data, { binary: isBinary });
  },
});

// Closing handshake
plant(
  "close",
  "ignores-close",
  BOTH,
  "close/empty,close/code-*,close/reason*",
  "close-unanswered",
  on((frame) => (frame.opcode === 8 && frame.fin && frame.rsv === 0 && frame.payload.length !== 1 ? undefined : frame)),
);
plant("close", "closes-tcp-only", BOTH, "close/empty,close/code-1000", "close-reply-missing", {
  receive: (frame, state) => {
    if (frame.opcode !== 8 || !frame.fin || frame.payload.length === 1) return [frame];
    state.kill("fin");
    return [];
  },
});
plant(
  "close",
  "always-answers-1000",
  BOTH,
  "close/reply-code",
  "close-code-changed",
  out((frame) =>
    frame.opcode === 8 && codeOf(frame) !== 1002 && codeOf(frame) !== 1007 && codeOf(frame) !== 1005
      ? { ...frame, payload: close(1000) }
      : frame,
  ),
);
plant(
  "close",
  "drops-code-without-reason",
  BOTH,
  "close/reply-code,close/reply-code-without-reason",
  "close-code-changed",
  out((frame) =>
    frame.opcode === 8 && frame.payload.length === 2 && ![1002, 1007, 1009].includes(codeOf(frame))
      ? { ...frame, payload: new Uint8Array(0) }
      : frame,
  ),
);
plant("close", "leaves-tcp-open", BOTH, "close/tcp-closed,close/fail-closes-tcp", "tcp-open-after-close", {
  holdEnd: true,
  ignoresFin: true,
});
plant(
  "close",
  "accepts-one-byte",
  BOTH,
  "close/one-byte",
  "*",
  on((frame) => (frame.opcode === 8 && frame.payload.length === 1 ? { ...frame, payload: new Uint8Array(0) } : frame)),
);
plant(
  "close",
  "accepts-any-code",
  BOTH,
  "close/invalid-*",
  "accepts:close-code",
  on((frame) =>
    frame.opcode === 8 && frame.payload.length >= 2 ? { ...frame, payload: concatBytes([close(1000), frame.payload.subarray(2)]) } : frame,
  ),
);
plant(
  "close",
  "echoes-1005",
  BOTH,
  "close/sent-close-payload",
  "sent:close-code",
  out((frame) =>
    frame.opcode === 8 && (frame.payload.length === 0 || codeOf(frame) === 1002) ? { ...frame, payload: close(1005) } : frame,
  ),
);
plant(
  "close",
  "accepts-unassigned",
  BOTH,
  "close/unassigned-*",
  "accepts:close-code-unassigned",
  on((frame) => {
    const code = codeOf(frame);
    return frame.opcode === 8 && (code === 1004 || (code >= 1016 && code < 3000) || code >= 5000)
      ? { ...frame, payload: close(1000) }
      : frame;
  }),
);
for (const [low, high] of [
  [1000, 1003],
  [1007, 1011],
  [1012, 1014],
  [3000, 3999],
  [4000, 4999],
] as const)
  plant(
    "close",
    `rejects-${low}-${high}`,
    BOTH,
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
      .filter((code) => code >= low && code <= high)
      .map((code) => `close/code-${code}`)
      .join(","),
    "*",
    {
      receive: (frame, state) => {
        const code = codeOf(frame);
        if (frame.opcode !== 8 || frame.payload.length < 2 || code < low || code > high) return [frame];
        state.kill("fin");
        return [];
      },
    },
  );
plant(
  "close",
  "accepts-bad-reason",
  BOTH,
  "close/reason-not-utf8",
  "*",
  on((frame) =>
    frame.opcode === 8 && frame.payload.length > 2 && !isUtf8(frame.payload.subarray(2))
      ? { ...frame, payload: frame.payload.slice(0, 2) }
      : frame,
  ),
);
plant("close", "rejects-reasons", BOTH, "close/reason,close/reason-123,close/reason-unicode", "*", {
  receive: (frame, state) => {
    if (frame.opcode !== 8 || frame.payload.length <= 2) return [frame];
    state.kill("fin");
    return [];
  },
});
plant("close", "acts-after-close", BOTH, "close/data-after", "data-after-close", {
  receive: (frame, state) => {
    if (frame.opcode !== 8 || frame.payload.length === 1) return [frame];
    // The answer comes late, and until then everything goes on.
    setTimeout(() => {
      state.send({ fin: true, rsv: 0, opcode: 8, payload: frame.payload });
      state.kill("fin");
    }, 8);
    return [];
  },
});
plant("close", "resets-on-bytes-after-close", BOTH, "close/ping-after,close/close-after,close/garbage-after", "*", {
  receiveBytes: (chunk, state) => {
    const at = Buffer.from(chunk).indexOf(0x88);
    const size = at < 0 ? 0 : 2 + (chunk[at + 1]! & 0x80 ? 4 : 0) + (chunk[at + 1]! & 0x7f);
    if (at >= 0 && (chunk[at + 1]! & 0x7f) < 126 && chunk.length > at + size) {
      state.kill("fin");
      return [];
    }
    return [chunk];
  },
});
plant(
  "close",
  "no-close-frame",
  BOTH,
  "close/fail-sends-close",
  "no-close-frame",
  out((frame, state) => {
    if (frame.opcode !== 8 || ![1002, 1007, 1009].includes(codeOf(frame))) return frame;
    state.kill("fin");
    return undefined;
  }),
);
plant(
  "close",
  "fails-with-1000",
  BOTH,
  "close/fail-code",
  "close-code:*",
  out((frame) => (frame.opcode === 8 && codeOf(frame) === 1002 ? { ...frame, payload: close(1000) } : frame)),
);
plant("close", "fails-and-stays", SERVER, "close/fail-closes-tcp", "tcp-open-after-fail", {
  receive: (frame, state) => {
    if (state["failed"] === true) return [];
    if (frame.opcode >= 3 && frame.opcode <= 7) {
      state["failed"] = true;
      state.send({ fin: true, rsv: 0, opcode: 8, payload: close(1002) });
      return [];
    }
    return [frame];
  },
});
plant(
  "close",
  "goes-on-after-violation",
  BOTH,
  "close/fail-stops,compression/none",
  "accepts:opcode",
  on((frame) => (frame.opcode >= 3 && frame.opcode <= 7 ? undefined : frame)),
);
plant(
  "close",
  "sends-after-close",
  BOTH,
  "close/sent-after-close",
  "sent:after-close",
  out((frame) => (frame.opcode === 8 ? [frame, { fin: true, rsv: 0, opcode: 1, payload: filledBytes(1) }] : frame)),
);
plant("close", "closes-after-first-message", BOTH, "close/after-message,types/alternating,framing/order", "*", {
  message: (socket) => socket.terminate(),
});
plant("close", "client-closes-first", CLIENT, "close/client-waits", "client-closed-tcp-first", {});

// Types
plant("types", "always-text", BOTH, "types/binary,types/alternating,types/text-looks-like-frame", "wrong-type", {
  message: (socket, data) => socket.send(data, { binary: false }),
});
plant("types", "always-binary", BOTH, "types/text,types/alternating", "wrong-type", {
  message: (socket, data) => socket.send(data, { binary: true }),
});
plant("types", "text-ends-at-nul", BOTH, "types/text-nul", "changed-message", {
  message: (socket, data, isBinary) =>
    socket.send(!isBinary && data.includes(0) ? data.subarray(0, data.indexOf(0)) : data, { binary: isBinary }),
});
plant("types", "doubles-messages", BOTH, "types/text,types/binary", "extra-message", {
  message: (socket, data, isBinary) => {
    socket.send(data, { binary: isBinary });
    socket.send(data, { binary: isBinary });
  },
});

// Limits and resilience
plant(
  "limits",
  "loses-after-1000-frames",
  BOTH,
  "limits/frames-in-one-segment",
  "lost-message",
  on((frame, state) =>
    ((state["count"] = ((state["count"] as number | undefined) ?? 0) + 1) as number) > 1000 && frame.opcode === 1 ? undefined : frame,
  ),
  "random sessions are shorter",
);
plant(
  "limits",
  "loses-ping-behind-many",
  BOTH,
  "limits/pings-in-one-segment",
  "pong-missing",
  on((frame, state) =>
    frame.opcode === 9 && ((state["pings"] = ((state["pings"] as number | undefined) ?? 0) + 1) as number) > 10 ? undefined : frame,
  ),
);
plant(
  "limits",
  "truncates-at-a-million",
  BOTH,
  "limits/message-1m,limits/fragments-1m",
  "changed-message",
  { message: (socket, data, isBinary) => socket.send(data.subarray(0, 1_000_000), { binary: isBinary }) },
  "random sessions are smaller",
);
plant(
  "limits",
  "dies-of-fragments",
  SERVER,
  "limits/empty-fragments,limits/tiny-fragments",
  "target-died",
  {
    receive: (frame, state) => {
      if (frame.opcode === 0 && ((state["fragments"] = ((state["fragments"] as number | undefined) ?? 0) + 1) as number) > 50_000)
        state.crash();
      return [frame];
    },
  },
  "random sessions are shorter",
);
plant(
  "limits",
  "dies-of-messages",
  SERVER,
  "limits/empty-messages",
  "target-died",
  {
    receive: (frame, state) => {
      if (frame.opcode === 1 && ((state["messages"] = ((state["messages"] as number | undefined) ?? 0) + 1) as number) > 15_000)
        state.crash();
      return [frame];
    },
  },
  "random sessions are shorter",
);
plant(
  "limits",
  "dies-of-declared-length",
  SERVER,
  "limits/declared-*",
  "target-died",
  {
    receiveBytes: (chunk, state) => {
      if ((chunk[1]! & 0x7f) === 127 && (chunk.subarray(2, 6).some((byte) => byte !== 0) || chunk[6]! >= 0x40)) state.crash();
      return [chunk];
    },
  },
  "random sessions declare less",
);
plant(
  "limits",
  "hangs-on-large-heads",
  SERVER,
  "limits/header*,limits/extensions-long,limits/protocols-long",
  "handshake-unanswered",
  { refuse: (head) => head.length > 3000, refusal: "hang" },
  "random requests are small",
);
plant(
  "resilience",
  "dies-on-reset",
  SERVER,
  "resilience/reset,resilience/reset-after-message",
  "target-died",
  { diesOnReset: true },
  "a random session's reset is judged by the next one",
);
plant(
  "resilience",
  "ignores-fin",
  BOTH,
  "resilience/half-close,resilience/half-close-in-frame,resilience/half-close-in-message",
  "tcp-open-after-eof",
  { ignoresFin: true, holdEnd: true },
);
plant(
  "resilience",
  "ignores-garbage",
  BOTH,
  "resilience/garbage",
  "*",
  { receiveBytes: (chunk) => (chunk.length >= 3 && chunk.every((byte) => byte === 0xc1) ? [] : [chunk]) },
  "random garbage is shorter",
);
plant("resilience", "loses-message-behind-large", BOTH, "resilience/large-then-small,resilience/close-in-large", "*", {
  receive: (frame, state) => {
    const behind = state["large"] === true;
    if (frame.payload.length > 20_000) state["large"] = true;
    return behind ? [] : [frame];
  },
});
plant(
  "resilience",
  "impatient",
  BOTH,
  "resilience/slow-pauses",
  "*",
  {
    receive: (frame, state) => {
      // Time: the defect is impatience.
      const now = performance.now();
      const last = (state["last"] as number | undefined) ?? now;
      state["last"] = now;
      return now - last > 20 && frame.opcode === 1 ? [] : [frame];
    },
  },
  "random pauses are shorter",
);

// Opening handshake: servers
const wants = (id: string, breaks: string, refuse: NonNullable<Plant["refuse"]>): void =>
  plant("handshake", id, SERVER, breaks, "handshake-refused", { refuse });
const header = (head: { headers: readonly (readonly [string, string])[] }, name: string): string =>
  head.headers.find(([other]) => other.toLowerCase() === name)?.[1] ?? "";
wants(
  "wants-exact-header-names",
  "handshake/header-names-any-case",
  (head) => !head.headers.some(([name]) => name === "Sec-WebSocket-Key"),
);
wants("wants-lower-case-upgrade", "handshake/upgrade-any-case", (head) => header(head, "upgrade") !== "websocket");
wants(
  "wants-exact-connection",
  "handshake/connection-list,handshake/connection-any-case",
  (head) => header(head, "connection") !== "Upgrade",
);
wants("wants-host-first", "handshake/header-order", (head) => head.headers[0]?.[0].toLowerCase() !== "host");
wants("knows-its-headers", "handshake/unknown-headers", (head) => head.headers.some(([name]) => name === "constructor"));
plant(
  "handshake",
  "wants-request-in-one-read",
  SERVER,
  "handshake/split-request",
  "handshake-refused",
  { headInOneRead: true },
  "random requests are not cut",
);
plant(
  "handshake",
  "refuses-extensions",
  SERVER,
  "handshake/extension-unknown,handshake/extension-lines",
  "handshake-refused",
  { refuse: (head) => header(head, "sec-websocket-extensions").startsWith("x-") },
  "random requests offer no extensions",
);
plant(
  "handshake",
  "loses-early-frame",
  SERVER,
  "handshake/early-frame",
  "lost-message",
  { losesEarly: true },
  "random sessions wait for the handshake",
);
plant("handshake", "wrong-accept", SERVER, "handshake/response-accept", "handshake-sent:accept", {
  sendHead: (lines) =>
    lines.map((line) => (line.startsWith("Sec-WebSocket-Accept") ? "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=" : line)),
});
plant("handshake", "no-upgrade-header", SERVER, "handshake/response-upgrade", "handshake-sent:upgrade", {
  sendHead: (lines) => lines.filter((line) => !line.startsWith("Upgrade")),
});
plant("handshake", "no-connection-header", SERVER, "handshake/response-connection", "handshake-sent:connection", {
  sendHead: (lines) => lines.filter((line) => !line.startsWith("Connection")),
});
plant("handshake", "malformed-response", SERVER, "handshake/response-status-line", "handshake-sent:field-syntax", {
  sendHead: (lines) => [...lines, "no colon here"],
});
plant("handshake", "answers-200", SERVER, "handshake/plain", "handshake-refused", {
  sendHead: (lines) => ["HTTP/1.1 200 OK", ...lines.slice(1)],
});
plant("handshake", "unasked-extension", SERVER, "handshake/response-extension", "handshake-sent:extension-unasked", {
  sendHead: (lines) => [...lines, "Sec-WebSocket-Extensions: x-mine"],
});
plant("handshake", "unasked-subprotocol", SERVER, "handshake/response-subprotocol", "handshake-sent:subprotocol-unasked", {
  sendHead: (lines) => [...lines.filter((line) => !line.startsWith("Sec-WebSocket-Protocol")), "Sec-WebSocket-Protocol: mine"],
});
plant(
  "handshake",
  "two-subprotocols",
  SERVER,
  "handshake/response-subprotocol-offered",
  "handshake-sent:subprotocol-twice",
  {
    sendHead: (lines, _state, request) =>
      header(request, "sec-websocket-protocol") === ""
        ? lines
        : [
            ...lines.filter((line) => !line.startsWith("Sec-WebSocket-Protocol")),
            "Sec-WebSocket-Protocol: superchat",
            "Sec-WebSocket-Protocol: chat",
          ],
  },
  "random requests ask for no subprotocol",
);
plant(
  "handshake",
  "joins-protocol-lines",
  SERVER,
  "handshake/protocol-lines",
  "handshake-sent:subprotocol-unasked",
  {
    sendHead: (lines, _state, request) =>
      request.headers.filter(([name]) => name === "Sec-WebSocket-Protocol").length < 2
        ? lines
        : [...lines.filter((line) => !line.startsWith("Sec-WebSocket-Protocol")), "Sec-WebSocket-Protocol: superchat, chat"],
  },
  "random requests ask for no subprotocol",
);
for (const [id, rules, ...tolerate] of [
  ["accepts-post", "refuse-method", "method"],
  ["accepts-http-1.0", "refuse-http-1.0", "http-version"],
  ["accepts-no-host", "refuse-host-missing", "host-missing"],
  ["accepts-no-upgrade", "refuse-upgrade-*", "upgrade"],
  ["accepts-no-connection", "refuse-connection-*", "connection"],
  ["accepts-no-key", "refuse-key-missing", "key-missing"],
  ["accepts-any-key", "refuse-key-empty,handshake/refuse-key-short,handshake/refuse-key-long,handshake/refuse-key-not-base64", "key-value"],
  ["accepts-two-keys", "refuse-key-twice", "key-twice"],
  ["accepts-no-version", "refuse-version-missing", "version-missing"],
  ["accepts-any-version", "refuse-version-new,handshake/refuse-version-word", "version", "version-draft"],
  ["accepts-two-versions", "refuse-version-twice", "version-twice"],
  ["accepts-bad-extensions", "refuse-extension-*", "extension-syntax"],
  ["accepts-bad-fields", "refuse-field-*", "field-syntax"],
] as [string, string, ...NonNullable<Plant["tolerate"]>[number][]][]) {
  plant("handshake", id, SERVER, `handshake/${rules}`, `handshake-accepts:${tolerate[0]!}`, { tolerate });
}
plant("handshake", "does-not-tell-version", SERVER, "handshake/version-told", "version-not-told", { refusal: "without-version" });
plant("handshake", "closes-instead-of-refusing", SERVER, "handshake/refusal-answered,resilience/none", "refusal-without-response", {
  refusal: "close",
});
plant("handshake", "hangs-instead-of-refusing", SERVER, "handshake/refusal-answered", "refusal-unanswered", { refusal: "hang" });
plant(
  "resilience",
  "accepts-garbage-handshake",
  SERVER,
  "resilience/garbage-handshake",
  "handshake-accepts:*",
  { tolerate: ["field-syntax", "method", "http-version", "host-missing", "upgrade", "connection", "key-missing", "version-missing"] },
  "random sessions begin with a request",
);
plant("handshake", "trims-nothing", SERVER, "handshake/header-whitespace", "handshake-sent:accept", {
  sendHead: (lines, state) =>
    /key:[ \t]{2}/i.test(state["raw"] as string)
      ? lines.map((line) => (line.startsWith("Sec-WebSocket-Accept") ? "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=" : line))
      : lines,
});

// Opening handshake: clients
const request = (id: string, breaks: string, kind: string, change: (lines: string[]) => string[]): void =>
  plant("handshake", id, CLIENT, `handshake/request-${breaks}`, `handshake-sent:${kind}`, { sendHead: change });
request("sends-post", "method", "method", (lines) => [lines[0]!.replace("GET", "POST"), ...lines.slice(1)]);
request("sends-http-1.0", "http-version", "http-version", (lines) => [lines[0]!.replace("HTTP/1.1", "HTTP/1.0"), ...lines.slice(1)]);
request("sends-no-host", "host", "host-missing", (lines) => lines.filter((line) => !/^host:/i.test(line)));
request("sends-no-upgrade", "upgrade", "upgrade", (lines) => lines.filter((line) => !/^upgrade:/i.test(line)));
request("sends-no-connection", "connection", "connection", (lines) => lines.filter((line) => !/^connection:/i.test(line)));
request("sends-version-12", "version", "version-draft", (lines) =>
  lines.map((line) => line.replace(/^(sec-websocket-version): 13/i, "$1: 12")),
);
request("sends-two-keys", "key", "key-twice", (lines) => [...lines, "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw=="]);
request("names-subprotocol-twice", "subprotocol", "protocol-twice", (lines) => [...lines, "Sec-WebSocket-Protocol: a, a"]);
request("sends-bad-extensions", "extensions", "extension-syntax", (lines) => [...lines, "Sec-WebSocket-Extensions: =a"]);
request("sends-bad-field", "fields", "field-syntax", (lines) => [...lines, "no colon here"]);
const KEY = "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==";
plant("handshake", "one-key-for-all", CLIENT, "handshake/request-key-fresh", "key-reused", {
  sendHead: (lines, state) => {
    state["real"] = lines.find((line) => /^sec-websocket-key/i.test(line))!.split(": ")[1]!;
    return lines.map((line) => (/^sec-websocket-key/i.test(line) ? KEY : line));
  },
  receiveHead: (lines, state) =>
    lines.map((line) => (/^sec-websocket-accept/i.test(line) ? `Sec-WebSocket-Accept: ${accept(state["real"] as string)}` : line)),
});
/** Makes a response one that ws accepts. */
const mend = (change: (lines: string[], key: string) => string[]): Plant => ({
  sendHead: (lines, state) => {
    state["real"] = lines.find((line) => /^sec-websocket-key/i.test(line))!.split(": ")[1]!;
    return lines;
  },
  receiveHead: (lines, state) => change(lines, state["real"] as string),
});
const set = (lines: string[], name: string, value: string): string[] => [
  ...lines.filter((line) => !line.toLowerCase().startsWith(`${name.toLowerCase()}:`)),
  `${name}: ${value}`,
];
const takes = (id: string, rules: string, kind: string, change: (lines: string[], key: string) => string[]): void =>
  plant(
    "handshake",
    id,
    CLIENT,
    rules
      .split(",")
      .map((rule) => `handshake/fail-${rule}`)
      .join(","),
    `handshake-accepts:${kind}`,
    mend(change),
  );
takes("takes-any-status", "status,status-404", "status", (lines) => ["HTTP/1.1 101 Switching Protocols", ...lines.slice(1)]);
takes("takes-no-upgrade", "upgrade-missing,upgrade-value", "upgrade", (lines) => set(lines, "Upgrade", "websocket"));
takes("takes-no-connection", "connection-missing,connection-value", "connection", (lines) => set(lines, "Connection", "Upgrade"));
takes("takes-any-accept", "accept-*", "accept", (lines, key) => set(lines, "Sec-WebSocket-Accept", accept(key)));
takes("takes-any-extension", "extension", "extension-unasked", (lines) =>
  lines.filter((line) => !/^sec-websocket-extensions: x-/i.test(line)),
);
takes("takes-any-subprotocol", "subprotocol", "subprotocol-unasked", (lines) =>
  lines.filter((line) => !/^sec-websocket-protocol/i.test(line)),
);
const breaksOn = (id: string, rules: string, broken: (lines: string[]) => boolean): void =>
  plant(
    "handshake",
    id,
    CLIENT,
    rules
      .split(",")
      .map((rule) => `handshake/response-${rule}`)
      .join(","),
    "*",
    { receiveHead: (lines) => (broken(lines) ? ["HTTP/1.1 400 Bad Request"] : lines) },
  );
breaksOn("wants-exact-names", "any-case", (lines) => !lines.some((line) => line.startsWith("Upgrade: ")));
breaksOn("wants-plain-connection", "connection-list", (lines) => lines.some((line) => line.startsWith("Connection: keep-alive, ")));
breaksOn("wants-order", "order", (lines) => lines[lines.length - 1]!.startsWith("Date") || !lines[1]!.toLowerCase().startsWith("upgrade"));
breaksOn("wants-its-reason", "reason", (lines) => !lines[0]!.endsWith("Switching Protocols"));
breaksOn("trims-no-accept", "whitespace", (lines) => lines.some((line) => /^sec-websocket-accept:\s\s/i.test(line)));
breaksOn("takes-no-response", "plain", () => true);
plant(
  "handshake",
  "wants-response-in-one-read",
  CLIENT,
  "handshake/response-split",
  "*",
  { headInOneRead: true },
  "random responses are not cut",
);
plant(
  "handshake",
  "loses-early-bytes",
  CLIENT,
  "handshake/response-early-frame,handshake/response-early-half-frame",
  "*",
  { losesEarly: true },
  "random sessions wait for the handshake",
);

// Negotiation
const offers = (head: { headers: readonly (readonly [string, string])[] }): string =>
  head.headers
    .filter(([name]) => name.toLowerCase() === "sec-websocket-extensions")
    .map(([, value]) => value)
    .join(", ");
const answering = (change: (offer: string, lines: string[]) => string | undefined): Plant => ({
  sendHead: (lines, _state, received) => {
    const answer = change(offers(received), lines);
    return answer === undefined
      ? lines
      : [...lines.filter((line) => !line.startsWith("Sec-WebSocket-Extensions")), `Sec-WebSocket-Extensions: ${answer}`];
  },
});
plant(
  "negotiation",
  "grants-anything",
  SERVER,
  "negotiation/decline-*",
  "handshake-sent:deflate-response",
  answering((offer) => (offer.includes("permessage-deflate") ? offer.split(",")[0] : undefined)),
);
plant(
  "negotiation",
  "forgets-server-parameters",
  SERVER,
  "negotiation/response",
  "handshake-sent:deflate-response",
  answering((offer) => (/server_/.test(offer) ? "permessage-deflate" : undefined)),
);
plant(
  "negotiation",
  "limits-client-unasked",
  SERVER,
  "negotiation/response",
  "handshake-sent:deflate-response",
  answering((offer) => (offer === "permessage-deflate" ? "permessage-deflate; client_max_window_bits=10" : undefined)),
);
for (const [id, rules, pattern] of [
  ["refuses-client-bits", "offer-client-bits", /^permessage-deflate; client_max_window_bits$/],
  ["refuses-client-bits-value", "offer-client-bits-*", /client_max_window_bits=(8|9|15)$/],
  ["refuses-server-bits", "offer-server-bits-*", /^permessage-deflate; server_max_window_bits=(8|9|10|15)$/],
  ["refuses-server-takeover", "offer-server-no-takeover", /^permessage-deflate; server_no_context_takeover$/],
  ["refuses-client-takeover", "offer-client-no-takeover", /^permessage-deflate; client_no_context_takeover$/],
  ["refuses-four-parameters", "offer-all", /client_max_window_bits=11/],
  ["refuses-quoted", "offer-quoted", /"/],
  ["refuses-fallback", "offer-fallback", /, permessage-deflate$/],
  ["refuses-other-first", "offer-other-first", /^x-unknown,/],
] as const)
  plant(
    "negotiation",
    id,
    SERVER,
    `negotiation/${rules}`,
    "*",
    { refuse: (head) => pattern.test(offers(head)) },
    "a defect of one parameter; the rules name it",
  );
plant("negotiation", "takes-any-deflate", CLIENT, "negotiation/fail-*", "handshake-accepts:deflate-response", {
  receiveHead: (lines) => lines.filter((line) => !/^sec-websocket-extensions/i.test(line)),
});

// Compressed data
const noDeflate = (frame: TapFrame): TapFrame => ({ ...frame, payload: filledBytes(3, 0xff) });
plant("compression", "forgets-context", BOTH, "compression/takeover,compression/example-takeover", "*", {
  receive: (frame) => [(frame.rsv & 4) !== 0 && frame.fin && inflated(frame.payload) === undefined ? noDeflate(frame) : frame],
});
plant(
  "compression",
  "no-stored-blocks",
  BOTH,
  "compression/stored,compression/two-blocks",
  "*",
  on((frame) =>
    (frame.rsv & 4) !== 0 && [0x00, 0x24805].includes(frame.payload[0]!) && frame.payload.length > 4
      ? noDeflate(frame)
      : frame.payload[1] === 0x48 && frame.payload[2] === 5 && frame.rsv === 4
        ? noDeflate(frame)
        : frame,
  ),
);
plant(
  "compression",
  "no-dynamic-blocks",
  BOTH,
  "compression/dynamic",
  "*",
  on((frame) => ((frame.rsv & 4) !== 0 && (frame.payload[0]! & 6) === 4 ? noDeflate(frame) : frame)),
);
plant(
  "compression",
  "no-fixed-blocks",
  BOTH,
  "negotiation/plain,compression/text,compression/binary,compression/example,compression/zlib,compression/ping,compression/uncompressed,compression/order",
  "*",
  on((frame) => ((frame.rsv & 4) !== 0 && frame.opcode < 3 && (frame.payload[0]! & 6) === 2 ? noDeflate(frame) : frame)),
);
plant(
  "compression",
  "no-bfinal",
  BOTH,
  "compression/final,compression/after-final",
  "*",
  on((frame) => ((frame.rsv & 4) !== 0 && frame.opcode < 3 && (frame.payload[0]! & 1) === 1 ? noDeflate(frame) : frame)),
);
plant(
  "compression",
  "loses-empty-compressed",
  BOTH,
  "compression/empty,compression/empty-then-text",
  "*",
  on((frame) =>
    (frame.rsv & 4) !== 0 && frame.opcode < 3 && frame.opcode > 0 && frame.fin && frame.payload.length === 1 && frame.payload[0] === 0
      ? undefined
      : frame,
  ),
);
plant(
  "compression",
  "no-fragments",
  BOTH,
  "compression/fragmented*",
  "*",
  on((frame) => ((frame.rsv & 4) !== 0 && !frame.fin && frame.opcode < 3 ? { ...frame, rsv: 2 } : frame)),
);
plant(
  "compression",
  "accepts-rsv1-continuation",
  BOTH,
  "compression/rsv1-continuation",
  "accepts:rsv1-continuation",
  on((frame) => (frame.opcode === 0 ? { ...frame, rsv: frame.rsv & 3 } : frame)),
);
plant(
  "compression",
  "accepts-rsv1-control",
  BOTH,
  "compression/rsv1-ping,compression/rsv1-pong",
  "accepts:rsv1-control",
  on((frame) => (frame.opcode >= 8 ? { ...frame, rsv: frame.rsv & 3 } : frame)),
);
plant(
  "compression",
  "accepts-rsv1-close",
  BOTH,
  "compression/rsv1-close",
  "*",
  on((frame) => (frame.opcode === 8 ? { ...frame, rsv: frame.rsv & 3 } : frame)),
  "random sessions send no such Close",
);
plant(
  "compression",
  "accepts-rsv2-with-deflate",
  BOTH,
  "compression/rsv2",
  "accepts:rsv",
  on((frame) => ({ ...frame, rsv: frame.rsv & 4 })),
);
plant(
  "compression",
  "ignores-bad-data",
  BOTH,
  "compression/bad-block-type,compression/bad-stored-length,compression/bad-distance,compression/bad-then-nothing",
  "accepts:deflate-data",
  on((frame) =>
    (frame.rsv & 4) !== 0 &&
    frame.fin &&
    frame.opcode < 3 &&
    ["06", "0005000000", "4b040002"].some((bad) => toHex(frame.payload).startsWith(bad) || inflated(frame.payload) === undefined)
      ? { ...frame, payload: Uint8Array.of(0) }
      : frame,
  ),
);
plant(
  "compression",
  "compressed-text-unchecked",
  BOTH,
  "compression/bad-text",
  "accepts:utf8",
  { options: { skipUTF8Validation: true } },
  "random compressed text is ASCII",
);
plant(
  "compression",
  "bad-data-without-close",
  BOTH,
  "compression/close-code",
  "*",
  out((frame) => (frame.opcode === 8 && codeOf(frame) === 1007 ? { ...frame, payload: close(1000) } : frame)),
);
plant(
  "compression",
  "cuts-compressed-data",
  BOTH,
  "compression/sent",
  "sent:deflate-*",
  out((frame) =>
    (frame.rsv & 4) !== 0 && frame.payload.length > 3
      ? { ...frame, payload: frame.payload.map((byte, index) => (index === 0 ? 6 : byte)) }
      : frame,
  ),
);
plant(
  "compression",
  "keeps-server-context",
  SERVER,
  "compression/server-no-takeover",
  "sent:deflate-data",
  {
    ...answering((offer) => (offer.includes("server_no_context_takeover") ? "permessage-deflate; server_no_context_takeover" : undefined)),
    rewriteOffer: () => "permessage-deflate",
    options: { perMessageDeflate: { threshold: 0 } },
  },
  "no random session asks for it",
);
plant(
  "compression",
  "keeps-client-context",
  CLIENT,
  "compression/client-no-takeover",
  "sent:deflate-data",
  {
    options: { perMessageDeflate: { threshold: 0 } },
    receiveHead: (lines) =>
      lines.map((line) => (/^sec-websocket-extensions/i.test(line) ? line.replace("; client_no_context_takeover", "") : line)),
  },
  "no random session asks for it",
);
plant(
  "compression",
  "larger-window",
  SERVER,
  "compression/server-bits-9",
  "sent:deflate-data",
  {
    rewriteOffer: () => "permessage-deflate",
    options: { perMessageDeflate: { threshold: 0 } },
    ...answering((offer) => (offer.includes("server_max_window_bits=9") ? "permessage-deflate; server_max_window_bits=9" : undefined)),
  },
  "no random session asks for it",
);
plant(
  "compression",
  "dies-of-bombs",
  SERVER,
  "compression/bomb,compression/bomb-fragmented",
  "target-died",
  {
    receive: (frame, state) => {
      if (((frame.rsv & 4) !== 0 || frame.opcode === 0) && frame.payload.length > 100_000) state.crash();
      return [frame];
    },
  },
  "random sessions have small bombs",
);

DEFECTS.find((defect) => defect.id === "limits-client-unasked")!.besides = "negotiation/plain";
DEFECTS.find((defect) => defect.id === "one-key-for-all")!.besides = "handshake/request-host";

function inflated(payload: Uint8Array): Uint8Array | undefined {
  const result = new MessageInflater({ noContextTakeover: true, windowBits: 15 }).message(payload);
  return result.problem === undefined ? result.output : undefined;
}
function accept(key: string): string {
  return acceptKeyFor(key);
}
/** Three-byte surrogates as some other character of three bytes. */
function fromCesu(bytes: Uint8Array): Uint8Array {
  return Buffer.from(toHex(bytes).replace(/ed[ab][0-9a-f][89ab][0-9a-f]/g, "e28080"), "hex");
}
