/** The one empty array: what a decoder holds when it holds nothing. */
export const EMPTY: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new Uint8Array(0);

/** So many bytes, or `undefined` when the host has no memory for them. */
export function allocate(length: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(length);
  } catch {
    return undefined;
  }
}
