// However a transport cuts the bytes, a receiver says, keeps and writes the same, and fails at the same byte. Every test that cuts its
// input, in all packages, does so here. No test framework: the guided run (packages/protocol/test/guided) has none.

import assert from "node:assert/strict";

import fc from "fast-check";

/** Anything that takes bytes as they come. */
export interface Receiver<Outcome> {
  /** The next bytes, in an array that is written over afterwards, as a transport's read buffer is. Bytes behind the end are ignored. */
  receive(chunk: Uint8Array): void;
  /** Why it takes no more, as soon as it knows. */
  readonly failure: string | undefined;
  /** The bytes have ended: everything that it said and wrote. */
  finish(): Outcome;
}

/** The same with turns of the event loop between. */
export interface AsyncReceiver<Outcome> {
  receive(chunk: Uint8Array): Promise<void>;
  finish(): Outcome;
}

/** `bytes` in pieces of `size`, each in an array of its own, even of a Buffer (receivers may change what they are given). */
export function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(new Uint8Array(bytes.subarray(i, i + size)));
  return chunks;
}

/** `bytes` cut at the given places, which may be in any order and out of range; at the same place twice, and a chunk is empty. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => new Uint8Array(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)));
}

/** Where to cut at random. */
export const places: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 20 });

/** Without places: at every size. With: byte by byte, and there. */
function* cuttings(bytes: Uint8Array, at: readonly number[] | undefined): Generator<readonly [how: string, chunks: Uint8Array[]]> {
  if (at === undefined) {
    for (let size = 1; size < bytes.length; size++) yield [`chunks of ${size}`, chunksOf(bytes, size)];
  } else {
    yield ["byte by byte", chunksOf(bytes, 1)];
    const chunks = cutAt(bytes, at);
    yield [`chunks of ${chunks.map(({ length }) => length).join(", ")}`, chunks];
  }
}

/** What a receiver made of these chunks, which are written over (`reused`). */
export function feed<Outcome>(receiver: Receiver<Outcome>, chunks: readonly Uint8Array[], reused = true): Outcome {
  for (const chunk of chunks) {
    receiver.receive(chunk);
    if (reused) chunk.fill(0xee);
  }
  return receiver.finish();
}

/**
 * The outcome, which is the same whole, cut at every size (or byte by byte and at the places given), and the byte at which it fails too.
 *
 * @throws AssertionError when it is not
 */
export function sameInAnyChunks<Outcome>(bytes: Uint8Array, open: () => Receiver<Outcome>, at?: readonly number[]): Outcome {
  // Left as it is: a view that is kept of it differs from those of the pieces.
  const whole = feed(open(), [new Uint8Array(bytes)], false);
  for (const [how, chunks] of cuttings(bytes, at)) equal(feed(open(), chunks), whole, how);
  sameFailingByte(bytes, open);
  return whole;
}

export async function sameInAnyChunksAsync<Outcome>(
  bytes: Uint8Array,
  open: () => AsyncReceiver<Outcome>,
  at?: readonly number[],
): Promise<Outcome> {
  const given = async (chunks: readonly Uint8Array[], reused = true): Promise<Outcome> => {
    const receiver = open();
    for (const chunk of chunks) {
      await receiver.receive(chunk);
      if (reused) chunk.fill(0xee);
    }
    return receiver.finish();
  };
  const whole = await given([new Uint8Array(bytes)], false);
  for (const [how, chunks] of cuttings(bytes, at)) equal(await given(chunks), whole, how);
  return whole;
}

/** One chunk that ends before the byte at which bytes one by one fail does not fail, and one that ends with it does, for the same reason. */
function sameFailingByte(bytes: Uint8Array, open: () => Receiver<unknown>): void {
  const receiver = open();
  let fails = 0;
  while (receiver.failure === undefined && fails < bytes.length) receiver.receive(Uint8Array.of(bytes[fails++]!));
  const { failure } = receiver;
  const failureOf = (end: number): string | undefined => {
    const inOne = open();
    inOne.receive(new Uint8Array(bytes.subarray(0, end)));
    return inOne.failure;
  };
  if (failure !== undefined && fails > 1) equal(failureOf(fails - 1), undefined, `${failure} before byte ${fails - 1}`);
  equal(failureOf(failure === undefined ? bytes.length : fails), failure, `at byte ${fails - 1}`);
}

function equal(actual: unknown, expected: unknown, how: string): void {
  try {
    assert.deepEqual(actual, expected);
  } catch (error) {
    (error as Error).message = `${how}: ${(error as Error).message}`;
    throw error;
  }
}
