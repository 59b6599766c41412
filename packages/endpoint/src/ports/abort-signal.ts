/** What is used of an `AbortSignal`: any host's own fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The host's own `AbortSignal` where its types are known, so that `fetch` takes what is given to a program. */
export type HostAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal extends AbortSignalLike } }
  ? Signal
  : AbortSignalLike;
