/** The whole table. `docs/fuzz-rules.md` is written from it. */
import { COMPRESSION_RULES } from "./compression.ts";
import { ENDING_RULES } from "./endings.ts";
import { FRAME_RULES } from "./frames.ts";
import { HANDSHAKE_RULES } from "./handshake.ts";
import { AREAS } from "../sessions/areas.ts";
import type { Rule } from "./rule.ts";

export const RULES: readonly Rule[] = [...HANDSHAKE_RULES, ...FRAME_RULES, ...ENDING_RULES, ...COMPRESSION_RULES].sort(
  (a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area),
);
