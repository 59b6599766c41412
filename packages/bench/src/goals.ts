/** What we set out to reach: each a ratio of two subjects of one workload, taken in one run. */
export interface Goal {
  workload: string;
  ours: string;
  /** Undefined: the figure itself is the ratio. */
  versus: string | undefined;
  /** ours / versus for rates, versus / ours for costs, must be at least this. */
  least: number;
  /** For memory: instead of a ratio, at most so many bytes more than `versus`. */
  within?: number;
  /** What the profile shows to be in the way where it is not met, or stays close. */
  reason?: string;
}

const echo = (size: number, inFlight: number, connections = 32) => `echo/${size}/binary/${inFlight}/${connections}`;
const [node, deno, bun] = ["ours on Node", "ours on Deno", "ours on Bun"] as const;
const ws = "ws on Node";
const codecReason = "";

/** Against ws as it is installed without its addon, and with it. */
const codec = (workload: string, least: number): Goal[] => [
  { workload: `codec/${workload}`, ours: "ours", versus: "ws", least, reason: codecReason },
  { workload: `codec/${workload}`, ours: "ours", versus: "ws with bufferutil", least, reason: codecReason },
];

export const goals: Goal[] = [
  ...codec("decode/binary/64", 5),
  ...codec("decode/binary/1024", 3),
  ...codec("decode/binary/65536", 3),
  ...codec("decode/text/64", 3),
  ...codec("decode/text/1024", 3),
  ...codec("decode/text/65536", 3),
  ...codec("encode/unmasked/64", 5),
  ...codec("encode/masked/64", 5),
  ...codec("encode/text/unmasked/64", 5),
  ...codec("encode/text/masked/64", 5),

  { workload: echo(64, 16), ours: node, versus: ws, least: 8 },
  { workload: echo(64, 16), ours: node, versus: "raw TCP on Node", least: 0.5 },
  { workload: echo(64, 1), ours: node, versus: ws, least: 1.15 },
  { workload: echo(64, 1), ours: node, versus: "raw TCP on Node", least: 0.9 },
  { workload: echo(65_536, 1), ours: node, versus: ws, least: 1.5 },
  { workload: echo(65_536, 1), ours: node, versus: "raw TCP on Node", least: 0.7 },
  { workload: echo(4 << 20, 1, 8), ours: node, versus: ws, least: 1.5 },
  { workload: echo(4 << 20, 1, 8), ours: node, versus: "raw TCP on Node", least: 0.7 },
  { workload: "broadcast/1", ours: node, versus: "bare socket.write on Node", least: 0.85 },
  { workload: "broadcast/10", ours: node, versus: ws, least: 4 },
  { workload: "broadcast/deflate", ours: node, versus: ws, least: 4 },
  { workload: "idle", ours: node, versus: ws, least: 1 },
  { workload: "idle", ours: node, versus: "raw TCP on Node", least: 0, within: 1024 },

  { workload: echo(64, 16), ours: deno, versus: "native on Deno", least: 5 },
  { workload: echo(64, 1), ours: deno, versus: "native on Deno", least: 1.15 },
  { workload: "idle", ours: deno, versus: "native on Deno", least: 1 },

  { workload: echo(64, 16), ours: bun, versus: "native on Bun", least: 0.75 },
  { workload: echo(64, 1), ours: bun, versus: "raw TCP on Bun", least: 0.9 },
  { workload: echo(65_536, 1), ours: bun, versus: "native on Bun", least: 1 },

  { workload: "client/send", ours: node, versus: ws, least: 2 },
  { workload: "client/send", ours: node, versus: "undici on Node", least: 2 },
  { workload: "client/receive", ours: node, versus: ws, least: 2 },
  { workload: "client/receive", ours: node, versus: "undici on Node", least: 2 },
  { workload: "client/send", ours: deno, versus: "native on Deno", least: 1 },
  { workload: "client/receive", ours: deno, versus: "native on Deno", least: 1 },
  { workload: "client/send", ours: bun, versus: "native on Bun", least: 1 },
  { workload: "client/receive", ours: bun, versus: "native on Bun", least: 1 },

  { workload: "scaling", ours: node, versus: "raw TCP on Node", least: 0.9 },
  { workload: "scaling", ours: deno, versus: "raw TCP on Deno", least: 0.9 },
  { workload: "scaling", ours: bun, versus: "raw TCP on Bun", least: 0.9 },
  // A line gives 1, a square 1/64; beyond the caches a line costs more, too.
  { workload: "linear/fragments", ours: node, versus: undefined, least: 0.6 },
  { workload: "linear/chunks", ours: node, versus: undefined, least: 0.6 },
];
