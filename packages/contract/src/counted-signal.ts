import type { AbortSignalLike } from "@ws/endpoint";

/** A signal that knows how many listen to it. */
export function countedSignal(): { signal: AbortSignalLike; listeners: () => number; abort: (reason: unknown) => void } {
  const controller = new AbortController();
  const listening = new Set<() => void>();
  const signal: AbortSignalLike = {
    get aborted() {
      return controller.signal.aborted;
    },
    get reason(): unknown {
      return controller.signal.reason;
    },
    addEventListener: (_, listener) => void listening.add(listener),
    removeEventListener: (_, listener) => void listening.delete(listener),
  };
  const abort = (reason: unknown): void => {
    controller.abort(reason);
    for (const listener of listening) listener();
  };
  return { signal, listeners: () => listening.size, abort };
}
