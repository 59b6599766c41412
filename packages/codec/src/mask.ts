// RFC 6455 §5.3: client-to-server masking. Masking and unmasking are the same operation.
//
// The masking key is one unsigned 32-bit number everywhere: the key's four octets read big-endian.

/** Below this many bytes a plain loop beats making an Int32Array over the payload (scripts/tune.mjs). */
const WORDS_FROM = 128;

// Four octets and the same four as a word in the host's byte order, whichever that is.
const octets = /* @__PURE__ */ new Uint8Array(4);
const word = /* @__PURE__ */ new Int32Array(octets.buffer);

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 §5.3).
 *
 * @param maskingKey the four octets of the key, read big-endian, as an unsigned 32-bit number
 * @param offset index of `bytes[start]` within the frame's payload, so that a payload may come in pieces
 */
export function applyMask(
  bytes: Uint8Array,
  maskingKey: number,
  offset = 0,
  start = 0,
  end: number = bytes.length,
): void {
  // Rotated so that its first octet meets bytes[start].
  const turn = (offset & 3) << 3;
  let key = (maskingKey << turn) | (maskingKey >>> (32 - turn));
  let index = start;
  if (end - start >= WORDS_FROM) {
    while (((bytes.byteOffset + index) & 3) !== 0) {
      bytes[index++]! ^= key >>> 24;
      key = (key << 8) | (key >>> 24);
    }
    octets[0] = key >>> 24;
    octets[1] = key >>> 16;
    octets[2] = key >>> 8;
    octets[3] = key;
    const wordKey = word[0]!;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + index, (end - index) >>> 2);
    for (let i = 0; i < words.length; i++) words[i]! ^= wordKey;
    index += words.length << 2;
  }
  for (; index < end; index++) {
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
  target.set(source.subarray(start, end), targetOffset);
  applyMask(target, maskingKey, offset, targetOffset, targetOffset + end - start);
}
