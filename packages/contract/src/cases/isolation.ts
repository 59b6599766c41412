/**
 * No byte of one connection is ever seen by another: the listeners and clients of one process share read buffers, send slabs and the memory
 * they mask in, whatever their streams are. Every byte of a message is the tag of its connection.
 */
import { encodeFrame, Opcode } from "@ws/codec";
import type { Connection, Server } from "@ws/endpoint";

import type { CommonConnectOptions, CommonListenOptions } from "../adapter.ts";
import { assert, AssertionError, type Case, local, receive, type Test } from "../case.ts";
import { rawOpen, type RawPeer } from "../raw.ts";

interface Tagged {
  /** Printable ASCII, so that it may be text as well. */
  readonly tag: number;
}

const ordinary = (): Response => new Response("ordinary");

/** What a stranger would see: the first byte that is not the connection's own. */
function requireOwn(message: string | Uint8Array, tag: number, where: string): void {
  const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
  const index = bytes.findIndex((byte) => byte !== tag);
  if (index >= 0)
    throw new AssertionError(`${where}: byte ${index} of ${bytes.length} is ${bytes[index]}, not the connection's own ${tag}`);
}

/** `upgrade` gives the tags. */
type TaggedOptions = Omit<CommonListenOptions, "upgrade">;

/** A server that answers a connection's bytes to it, once it has seen that they are all its own. */
async function listenTagged(t: Test, options: TaggedOptions, strangers: string[]): Promise<Server<Tagged>> {
  return await t.listen(
    {
      maxMessageBytes: 1 << 20,
      upgrade: ({ target }) => ({ context: { tag: Number(target.slice(1)) } }),
      onError: (error) => void strangers.push(String(error)),
      ...options,
    },
    {
      message: (connection, message) => {
        try {
          requireOwn(message, connection.context.tag, `at the server of ${options.unix ?? ""}${connection.context.tag}`);
        } catch (error) {
          strangers.push((error as Error).message);
        }
        return connection.send(message) === "full" ? connection.ready : undefined;
      },
    },
  );
}

/** One after another, so that the peer's reads have the sizes meant. */
async function exchange(connection: Connection, tag: number, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const bytes = new Uint8Array(size).fill(tag);
    connection.send(size % 2 === 0 ? bytes : new TextDecoder().decode(bytes));
    const answer = await receive(connection);
    requireOwn(answer, tag, "at the client");
    assert(answer.length === size, `${answer.length} of ${size} bytes came back`);
  }
}

/** With a masking key of 0: what lies in a read buffer is the clear text. */
async function exchangeRaw(peer: RawPeer, tag: number, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const text = size % 2 === 1;
    peer.write(encodeFrame(text ? Opcode.TEXT : Opcode.BINARY, new Uint8Array(size).fill(tag), { maskingKey: 0 }));
    const { header, payload } = await peer.readFrame();
    assert(header.opcode === (text ? Opcode.TEXT : Opcode.BINARY), `an answer, not opcode ${header.opcode}: ${String(payload)}`);
    requireOwn(payload, tag, "at the raw client");
    assert(payload.length === size, `${payload.length} of ${size} bytes came back`);
  }
}

/** Around the sizes of everybody's read buffers, and both kinds of message. */
const large = [4_096, 20_001, 131_072, 300_001];

/** What a process reads into first decides where its buffers lie: each order in a process of its own. */
async function afterLargeReads(t: Test, first: "bare" | "fetch" | "client"): Promise<void> {
  const strangers: string[] = [];
  const [bare, fetch] = [await listenTagged(t, { fetch: undefined }, strangers), await listenTagged(t, { fetch: ordinary }, strangers)];
  const servers = { bare, fetch };
  const begin = async (kind: "bare" | "fetch" | "client", tag: number): Promise<void> => {
    if (kind === "client") await exchange(await t.connect(`${bare.url}/${tag}`), tag, large);
    else await exchangeRaw(await rawOpen(t, servers[kind].port, `/${tag}`), tag, large);
  };
  await begin(first, 0x41);
  let tag = 0x42;
  for (const kind of ["bare", "fetch", "client"] as const) {
    // Fresh connections that send little, and then much.
    const peer = kind === "client" ? undefined : await rawOpen(t, servers[kind].port, `/${tag}`);
    if (peer === undefined) await exchange(await t.connect(`${fetch.url}/${tag}`), tag, [5, 50, ...large, 7]);
    else await exchangeRaw(peer, tag, [5, 50, ...large, 7]);
    tag++;
  }
  assert(strangers.length === 0, strangers.join("\n"));
}

// ---- random traffic ----

interface Stream {
  readonly name: string;
  readonly server: TaggedOptions;
  readonly client: CommonConnectOptions;
}

function streamsOf(t: Test): Stream[] {
  const { folder, certificate } = t.setting;
  const { key, cert, ca } = certificate;
  const unix = (name: string): string => `${folder}/isolation-${name}-${Math.random().toString(36).slice(2)}.sock`;
  return (["bare", "fetch"] as const).flatMap((path) => {
    const fetch = path === "fetch" ? ordinary : undefined;
    const socket = unix(path);
    return [
      { name: `${path}, TCP`, server: { fetch }, client: {} },
      { name: `${path}, TLS`, server: { fetch, tls: { key, cert } }, client: { tls: { ca } } },
      { name: `${path}, Unix`, server: { fetch, unix: socket }, client: { unix: socket } },
    ];
  });
}

async function randomTraffic(t: Test): Promise<void> {
  const seed = Math.trunc(Math.random() * 2 ** 32);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.trunc((state / 2 ** 32) * below);
  };
  const size = (): number => random([64, 64, 1_000, 5_000, 70_000, 300_000][random(6)]!);
  const sizes = (): number[] => Array.from({ length: 8 }, size);
  const strangers: string[] = [];
  let tag = 0x21;
  const work: Promise<void>[] = [];
  const about = (name: string, run: Promise<void>): Promise<void> =>
    run.catch((error: unknown) => void strangers.push(`${name}: ${error instanceof Error ? error.message : String(error)}`));
  const streams = streamsOf(t);
  // What is used first gets its buffers first.
  streams.unshift(...streams.splice(random(streams.length), 1));
  for (const { name, server: options, client } of streams) {
    const server = await listenTagged(t, options, strangers);
    for (let count = 0; count < 4; count++) {
      const own = tag++;
      const lengths = sizes();
      const raw = count === 0 && server.unix === undefined && options.tls === undefined;
      work.push(
        about(
          `${name}, ${raw ? "raw" : "client"} ${own}`,
          raw
            ? rawOpen(t, server.port, `/${own}`).then((peer) => exchangeRaw(peer, own, lengths))
            : t
                .connect(`${server.url}/${own}`, { maxMessageBytes: 1 << 20, ...client })
                .then((connection) => exchange(connection, own, lengths)),
        ),
      );
    }
    if (options === streams[0]!.server) await Promise.all(work);
  }
  await Promise.all(work);
  assert(strangers.length === 0, `seed ${seed}:\n${strangers.join("\n")}`);
}

export const isolation: Case[] = [
  ...(["bare", "fetch", "client"] as const).map((first) =>
    local(
      `no connection is given the bytes of another after large reads of ${first === "client" ? "a client" : `a ${first} listener`}`,
      (t) => afterLargeReads(t, first),
      { fresh: true },
    ),
  ),
  local("no byte of one connection is seen by another, in random traffic over every kind of stream", randomTraffic, {
    timeout: 60_000,
    fresh: true,
  }),
];
