// RFC 6455 §5.3: client-to-server masking. Masking and unmasking are the same operation.
//
// The masking key is one unsigned 32-bit number everywhere: the key's four octets read big-endian.

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 §5.3). The octets of `key`, from the highest to the lowest, are for
 * `bytes[start]` and those that follow.
 *
 * @returns false when it leaves these bytes to the codec
 */
export type Mask = (bytes: Uint8Array, start: number, end: number, key: number) => boolean;

/** Below this many bytes a plain loop, 1 ns a byte, beats making a view of words, 30 ns, and using it (Node 26, `npm run bench -- --only codec`). */
const WORDS_FROM = 48;

/** Whether the host's words hold their lowest byte first. */
const LITTLE_ENDIAN: boolean = /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new Int32Array([1]).buffer)[0] === 1;

/** All of the buffer that `bytes` lie in as 32-bit words. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const { buffer } = bytes;
  return new Int32Array(buffer, 0, (buffer.byteLength / 4) | 0);
}

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 §5.3).
 *
 * @param maskingKey the four octets of the key, read big-endian, as an unsigned 32-bit number
 * @param offset index of `bytes[start]` within the frame's payload, so that a payload may come in pieces
 */
export function applyMask(bytes: Uint8Array, maskingKey: number, offset = 0, start = 0, end: number = bytes.length): void {
  maskWords(bytes, end - start < WORDS_FROM ? undefined : wordsOf(bytes), maskingKey, offset, start, end);
}

/** {@link applyMask} with {@link wordsOf} at hand, which pays when many pieces of one buffer are masked. */
export function maskWords(
  bytes: Uint8Array,
  words: Int32Array | undefined,
  maskingKey: number,
  offset: number,
  start: number,
  end: number,
): void {
  let key = rotate(maskingKey, offset);
  let index = start;
  if (words !== undefined) {
    const { byteOffset } = bytes;
    const aligned = Math.min(start + (-(byteOffset + start) & 3), end);
    maskBytes(bytes, start, aligned, key);
    key = rotate(key, aligned - start);
    // v8 ignore next -- the tests run on little-endian machines
    const wordKey = LITTLE_ENDIAN ? (key << 24) | ((key & 0xff00) << 8) | ((key >>> 8) & 0xff00) | (key >>> 24) : key;
    index = Math.max(aligned, end - ((byteOffset + end) & 3));
    const last = ((byteOffset + index) / 4) | 0;
    let word = ((byteOffset + aligned) / 4) | 0;
    for (; word < last - 3; word += 4) {
      words[word]! ^= wordKey;
      words[word + 1]! ^= wordKey;
      words[word + 2]! ^= wordKey;
      words[word + 3]! ^= wordKey;
    }
    for (; word < last; word++) words[word]! ^= wordKey;
  }
  maskBytes(bytes, index, end, key);
}

/** The key with the octet first that meets the payload's byte at `offset`. */
export function rotate(key: number, offset: number): number {
  const turn = (offset & 3) << 3;
  return (key << turn) | (key >>> (32 - turn));
}

/** Typed arrays ignore writes past their end, so check first. */
export function requireRoom(target: Uint8Array, end: number): void {
  if (end > target.length) throw new RangeError(`${end} bytes do not fit into ${target.length}`);
}

function maskBytes(bytes: Uint8Array, start: number, end: number, rotated: number): void {
  let key = rotated;
  for (let index = start; index < end; index++) {
    bytes[index]! ^= key >>> 24;
    key = (key << 8) | (key >>> 24);
  }
}

/**
 * Masks or unmasks `source[start, end)` into `target` at `targetOffset`; `source` stays as it is (RFC 6455 §5.3).
 *
 * @param offset index of `source[start]` within the frame's payload
 * @throws RangeError when `target` is too small
 */
export function applyMaskInto(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetOffset: number,
  maskingKey: number,
  offset = 0,
): void {
  copyInto(source, start, end, target, targetOffset);
  if (maskingKey !== 0) applyMask(target, maskingKey, offset, targetOffset, targetOffset + end - start);
}

/** Copies `source[start, end)`. A view costs as much as copying 200 bytes, and an encoder's payload is mostly a whole array. */
export function copyInto(source: Uint8Array, start: number, end: number, target: Uint8Array, targetOffset: number): void {
  target.set(end - start === source.length ? source : source.subarray(start, end), targetOffset);
}
