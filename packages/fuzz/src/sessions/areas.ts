/** The parts of the protocol by which rules and random sessions are sorted. */
export const AREAS = [
  "handshake",
  "framing",
  "segmentation",
  "fragmentation",
  "control",
  "utf8",
  "close",
  "types",
  "limits",
  "negotiation",
  "compression",
  "resilience",
] as const;
export type Area = (typeof AREAS)[number];
