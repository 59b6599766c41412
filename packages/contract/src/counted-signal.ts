import type { AbortSignalLike } from "@ws/endpoint";

/** A signal that knows how many listen to it. */
export function countedSignal(): { readonly signal: AbortSignalLike; readonly listeners: number; abort(reason?: unknown): void } {
  const controller = new AbortController();
  const listeners = new Set<() => void>();
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
        listeners.add(listener);
        signal.addEventListener(type, listener);
      },
      removeEventListener(type, listener) {
        listeners.delete(listener);
        signal.removeEventListener(type, listener);
      },
    },
    get listeners() {
      return listeners.size;
    },
    abort: (reason) => controller.abort(reason),
  };
}
