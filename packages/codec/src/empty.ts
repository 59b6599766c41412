/** The one empty array: what a decoder holds when it holds nothing. */
export const EMPTY: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
