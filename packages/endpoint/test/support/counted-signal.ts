import type { AbortSignalLike } from "@ws/endpoint";

/** A signal that knows how many listen to it. */
export function countedSignal(): { readonly signal: AbortSignalLike; readonly listeners: number; abort(reason?: unknown): void } {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  return {
    signal: {
      get aborted() {
        return signal.aborted;
      },
      get reason(): unknown {
        return signal.reason;
      },
      addEventListener(type, listener) {
        listeners++;
        signal.addEventListener(type, listener);
      },
      removeEventListener(type, listener) {
        listeners--;
        signal.removeEventListener(type, listener);
      },
    },
    get listeners() {
      return listeners;
    },
    abort: (reason) => controller.abort(reason),
  };
}
