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
const codecReason = `Against bufferutil: masking is a native loop there, 19–27 GB/s on 64 KiB in the cache, where JavaScript's 32-bit words reach 6–7 GB/s (64-bit
BigInt words: the same on this V8). From 1 KiB on it is nearly all of the time. Native addons are out, and WebAssembly would need a copy in and one
out. At 64 B what is left after decoding is one view for each message, for ws as for us: \`codec/decode/binary/64\` "ours" takes about 0.11 µs, of which
the view is half and the 16 words of the mask a quarter.`;

const largeReason = `A raw echo hands on the 64 KiB buffers that libuv has read. A message has to lie in one piece, so its bytes are copied once into an array of
its own, which is zero-filled first, and unmasked (6–7 GB/s, see the codec). Of the busy time at 4 MiB the profile shows 23 % in growing the message's
array (it grows by doubling, because it must never hold twice what has arrived), 12 % in copying and unmasking, 23 % in the garbage collector, which V8
starts by the bytes of array buffers allocated, and 14 % in writev. ws keeps the reads in a list, joins them without zero-filling and unmasks natively.
In the decoder alone, 4 MiB take about 3.1 ms beyond the reads; with an array of the announced size from the start it would be 1.9 ms, but memory is
not given on a peer's word.`;

const oneInFlightReason = `With one message in flight nearly all time is the runtime's read and write with the system calls in them. On Deno the profile shows op_write
with 63 % of the busy time, the garbage collector with 8 %, and all JavaScript of ours with about 15 %; on Bun the socket's write has 52 %, waiting and reading
35 % (booked on whatever function ran last), and all JavaScript of ours about 10 %.`;

const bunReason = `Bun's own server is C++ from the socket to the message. Ours receives each read as an array of its own from Bun.listen and writes through
JavaScript: of the profile at 64 B, 16 in flight, 48 % is the socket's write and 8 % the typed arrays made for each message (JavaScriptCore makes an
ArrayBuffer when a view's buffer is first asked for); decoding, the driver and encoding share the rest.`;

const manyReason = `Ours takes about 1.7 times the processor time of a raw echo of the same bytes, and the raw echo itself about an eighth of that of ws, so the
goal lies close to what the socket allows. A rate on a busy machine understates the ratio, because whoever finishes early waits for the other process.`;

const broadcastReason = `Nearly all of a send is the system call, for the bare loop as for ours. What ours adds is the turn at whose end everything leaves, and
the deadline that is looked at: with ten messages a turn, it is four times as fast as the bare loop.`;

const receiveReason = `Of ours, the profile shows 19 % in making the view that each message is, 45 % in decoding frames and messages, 9 % in the garbage collector
and under 10 % in the driver; ws spends 29 % in the garbage collector and 18 % in its buffer list. Unmasked frames of 64 B leave little that could differ.`;

const denoMemoryReason = `4 KiB of it is the buffer that a pending read of Deno's needs; the rest is the heap of the connection, as on Node. Deno's own server takes
a buffer only when bytes have come.`;

const memoryReason = `Heap in use for each idle connection, after a collection: bare socket 1057 bytes, ws 2963, ours 3530 (4267 before requests were kept as text).
Of ours beyond the socket, the heap snapshot shows about 0.4 KiB of engine, 0.3 KiB driver, 0.5 KiB decoders and their options, 0.5 KiB output,
transport, keep-alive and connection, and 0.3 KiB the text of the request. What resident memory has beyond that is heap that was needed
during the opening handshakes and that V8 has not given back; it varies by more than 1 KiB a connection from run to run.`;

const encodeReason = `ws's Sender does less here than it does on a socket: it hands header and payload on as two writes, to a socket that takes them for
nothing, while ours writes the whole frame into memory: 64 B unmasked take about 0.025 µs against 0.08. Masked, 0.11 µs: copying and a view of the
target's words (0.03 µs), then the mask itself. As text, 0.075 µs, nearly all of it in node:buffer's utf8Write.`;

/** Against ws as it is installed without its addon, and with it. */
const codec = (workload: string, least: number): Goal[] =>
  ["ws", "ws with bufferutil"].map((versus) => ({
    workload: `codec/${workload}`,
    ours: "ours",
    versus,
    least,
    reason: workload.startsWith("encode") ? encodeReason : codecReason,
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

  { workload: "scaling", ours: node, versus: "raw TCP on Node", least: 0.9 },
  { workload: "scaling", ours: deno, versus: "raw TCP on Deno", least: 0.9 },
  { workload: "scaling", ours: bun, versus: "raw TCP on Bun", least: 0.9 },
  // A line gives 1, a square 1/64. 4 MiB do not fit into the caches where 64 KiB do, so a line falls short of 1, the more so on a busy machine.
  { workload: "linear/fragments", ours: node, versus: undefined, least: 0.25 },
  { workload: "linear/chunks", ours: node, versus: undefined, least: 0.25 },
];
