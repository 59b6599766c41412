/**
 * Where a stream writes before it is known how much there will be: one scratch area for all, from which results are copied.
 * It is in use only while a call lasts, so it needs no owner.
 */
export const SCRATCH_SIZE = 65_536;
let scratchArea: Uint8Array | undefined;

export function scratch(): Uint8Array {
  return (scratchArea ??= new Uint8Array(SCRATCH_SIZE));
}

/** The pieces, and then the first `length` bytes of the scratch area, as one new array. */
export function collect(pieces: readonly Uint8Array[], source: Uint8Array, length: number): Uint8Array {
  if (pieces.length === 0) return source.slice(0, length);
  let total = length;
  for (const piece of pieces) total += piece.length;
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  whole.set(source.subarray(0, length), offset);
  return whole;
}
