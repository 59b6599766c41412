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
const decodeReason = `At 64 B ours takes about 0.08 µs, of which the view that each message is, with its write barrier, is half (ws makes one too), reading and judging the
header a quarter, and unmasking, 12 ns, a seventh; as text, about 0.13 µs, of which utf8Slice of node:buffer is half. From 1 KiB on, masking is nearly all of
it: WebAssembly's vectors in the memory that was read into reach 41 GB/s on 64 KiB in the cache, bufferutil's native loop 19–27, JavaScript's words 13,
and three times bufferutil is more than the cache can deliver. For text, turning bytes into a string is the same native code for both.`;

const largeReason = `A message has to lie in one piece: 26 % of the busy time at 4 MiB is copying into its array, half of that page faults on memory that is new;
25 % the garbage collector, which V8 starts by the bytes of array buffers allocated; 20 % writev; unmasking 2 %. The array grows by halves of what is announced,
because memory is not given on a peer's word. ws keeps the reads in a list and joins them: as many bytes copied, in one go. A raw echo needs neither.`;

const oneInFlightReason = `With one message in flight nearly all time is the kernel's. On Bun: a raw echo spends 88 % of its 6.0 µs in the kernel, 11 % in Bun and 1 % in JavaScript;
ours 72 % of 7.7 µs in the kernel, 19 % in Bun and 6 % in JavaScript, with caches that the system calls have emptied: the same code takes 0.7 µs a message when nothing
comes between. On Deno the profile shows op_write with 63 % of the busy time, performance.now (104 ns a call) with 4 %, and all JavaScript of ours with about 15 %.`;

const bunReason = `Bun's own server is C++ from the socket to the message. Of 0.74 µs a message at 64 B, 16 in flight, a raw echo takes 0.41; of the rest, the view that each message is
takes 0.05 (19 % of our JavaScript), copying into the frame 0.03, unmasking and reading headers 0.04 each; the driver, the engine and the program share the rest.`;

const manyReason = `Ours takes about 1.25 times the processor time of a raw echo of the same bytes, and the raw echo itself about a twelfth of that of ws, so the
goal lies close to what the socket allows.`;

const broadcastReason = `73 % of the time is in the kernel's write, and of the 17 % in JavaScript a third is Node's streams, for the bare loop as well. What ours adds is a second pass over
all connections at the end of the turn, whose objects have left the cache by then: with ten messages a turn it is four times as fast as the bare loop.`;

const receiveReason = `Of ours, the profile shows 47 % in decoding frames and messages, 15 % in making the view that each message is, 9 % in V8's write barrier and 10 % in
driver and engine; ws spends 29 % in the garbage collector and 18 % in its buffer list. Unmasked frames of 64 B leave little that could differ.`;

const denoMemoryReason = `4 KiB of it is the buffer that a pending read of Deno's needs; the rest is the heap of the connection, as on Node. Deno's own server takes
a buffer only when bytes have come.`;

const memoryReason = `Heap in use for each idle connection, after a collection: bare socket 998 bytes, ws 2749, ours 3271. Of ours beyond the socket, the heap profile shows 0.6 KiB of
engine, 0.4 driver, 0.35 decoders, 0.35 connection and agreement, 0.15 transport and 0.17 the text of the request. What resident memory has beyond that is V8's young generation, which grows
(to 48 MB at most) with what the opening handshakes leave behind: ours 14 KB each, ws 9, a bare socket 3.`;

const encodeReason = `ws's Sender does less here than it does on a socket: it hands header and payload on as two writes, to a socket that takes them for
nothing, while ours writes the whole frame into memory: 64 B unmasked take about 0.02 µs, half of it the copy. Masked, 0.08 µs: a view of the
target's words (0.03 µs), then the mask itself. As text, 0.07 µs, nearly all of it in node:buffer's utf8Write.`;

const scalingReason = `Cold memory: with 10 000 connections each read finds objects that have left the cache, 3.3 KiB of heap for ours and 1.0 for a bare socket, and the garbage
collector, 10 % of the time, goes through them. On Node ours costs less than a raw echo with 100 connections (8.9 µs against 10.2) and a tenth more with 10 000 (12.5 against 11.5).`;

/** Against ws as it is installed without its addon, and with it. */
const codec = (workload: string, least: number): Goal[] =>
  ["ws", "ws with bufferutil"].map((versus) => ({
    workload: `codec/${workload}`,
    ours: "ours",
    versus,
    least,
    reason: workload.startsWith("encode") ? encodeReason : decodeReason,
  }));

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

  { workload: echo(64, 16), ours: node, versus: ws, least: 8, reason: manyReason },
  { workload: echo(64, 16), ours: node, versus: "raw TCP on Node", least: 0.5 },
  { workload: echo(64, 1), ours: node, versus: ws, least: 1.15 },
  { workload: echo(64, 1), ours: node, versus: "raw TCP on Node", least: 0.9 },
  { workload: echo(65_536, 1), ours: node, versus: ws, least: 1.5, reason: largeReason },
  { workload: echo(65_536, 1), ours: node, versus: "raw TCP on Node", least: 0.7, reason: largeReason },
  { workload: echo(4 << 20, 1, 8), ours: node, versus: ws, least: 1.5, reason: largeReason },
  { workload: echo(4 << 20, 1, 8), ours: node, versus: "raw TCP on Node", least: 0.7, reason: largeReason },
  { workload: "broadcast/1", ours: node, versus: "bare socket.write on Node", least: 0.85, reason: broadcastReason },
  { workload: "broadcast/10", ours: node, versus: ws, least: 4 },
  { workload: "broadcast/deflate", ours: node, versus: ws, least: 4 },
  { workload: "idle", ours: node, versus: ws, least: 1, reason: memoryReason },
  { workload: "idle", ours: node, versus: "raw TCP on Node", least: 0, within: 1024, reason: memoryReason },

  { workload: echo(64, 16), ours: deno, versus: "native on Deno", least: 5 },
  { workload: echo(64, 1), ours: deno, versus: "native on Deno", least: 1.15, reason: oneInFlightReason },
  { workload: "idle", ours: deno, versus: "native on Deno", least: 1, reason: denoMemoryReason },

  { workload: echo(64, 16), ours: bun, versus: "native on Bun", least: 0.75, reason: bunReason },
  { workload: echo(64, 1), ours: bun, versus: "raw TCP on Bun", least: 0.9, reason: oneInFlightReason },
  { workload: echo(65_536, 1), ours: bun, versus: "native on Bun", least: 1, reason: bunReason },

  { workload: "client/send", ours: node, versus: ws, least: 2 },
  { workload: "client/send", ours: node, versus: "undici on Node", least: 2 },
  { workload: "client/receive", ours: node, versus: ws, least: 2, reason: receiveReason },
  { workload: "client/receive", ours: node, versus: "undici on Node", least: 2 },
  { workload: "client/send", ours: deno, versus: "native on Deno", least: 1 },
  { workload: "client/receive", ours: deno, versus: "native on Deno", least: 1 },
  { workload: "client/send", ours: bun, versus: "native on Bun", least: 1 },
  { workload: "client/receive", ours: bun, versus: "native on Bun", least: 1, reason: bunReason },

  { workload: "scaling", ours: node, versus: "raw TCP on Node", least: 0.9, reason: scalingReason },
  { workload: "scaling", ours: deno, versus: "raw TCP on Deno", least: 0.9, reason: scalingReason },
  { workload: "scaling", ours: bun, versus: "raw TCP on Bun", least: 0.9, reason: scalingReason },
  // A line gives 1, a square 1/64. 4 MiB do not fit into the caches where 64 KiB do, so a line falls short of 1, the more so on a busy machine.
  { workload: "linear/fragments", ours: node, versus: undefined, least: 0.25 },
  { workload: "linear/chunks", ours: node, versus: undefined, least: 0.25 },
];
