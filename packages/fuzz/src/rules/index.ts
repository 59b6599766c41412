/** The whole table. `docs/fuzz-rules.md` is written from it. */
import { AREAS } from "../sessions/areas.ts";
import { CLOSING } from "./close.ts";
import { COMPRESSION } from "./compression.ts";
import { CONTROL } from "./control.ts";
import { FRAGMENTATION } from "./fragmentation.ts";
import { FRAMING } from "./framing.ts";
import { LIMITS } from "./limits.ts";
import { NEGOTIATION } from "./negotiation.ts";
import { REFUSED_REQUESTS } from "./refusals.ts";
import { ACCEPTED_REQUESTS } from "./requests.ts";
import { RESILIENCE } from "./resilience.ts";
import { CLIENT_HANDSHAKES } from "./responses.ts";
import type { Rule } from "./rule.ts";
import { SEGMENTATION } from "./segmentation.ts";
import { TYPES } from "./types.ts";
import { UTF8 } from "./utf8.ts";

export const RULES: readonly Rule[] = [
  ACCEPTED_REQUESTS,
  REFUSED_REQUESTS,
  CLIENT_HANDSHAKES,
  FRAMING,
  SEGMENTATION,
  FRAGMENTATION,
  CONTROL,
  UTF8,
  CLOSING,
  TYPES,
  LIMITS,
  NEGOTIATION,
  COMPRESSION,
  RESILIENCE,
]
  .flat()
  .sort((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
