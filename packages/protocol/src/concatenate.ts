/** The pieces behind one another, at most `limit` bytes of them: a COPY. */
export function concatenate(pieces: readonly Uint8Array[], limit: number = Infinity): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(Math.min(length, limit));
  let offset = 0;
  for (const piece of pieces) {
    const left = whole.length - offset;
    if (left === 0) break;
    whole.set(piece.length > left ? piece.subarray(0, left) : piece, offset);
    offset += Math.min(piece.length, left);
  }
  return whole;
}
