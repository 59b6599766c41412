import type { AbortSignalLike } from "../ports/abort-signal.ts";

/** What `wait` settles with; when the signal is aborted first, or is so already, its reason rejects. Nothing is left on the signal then. */
export function unlessAborted<Value>(wait: PromiseLike<Value>, signal: AbortSignalLike | undefined): PromiseLike<Value> {
  if (signal === undefined) return wait;
  return new Promise<Value>((resolve, reject) => {
    const letGo = (): void => leaveSignal(signal, aborted);
    const aborted = (): void => {
      letGo();
      reject(signal.reason as Error);
    };
    wait.then(resolve, reject);
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    signal.addEventListener("abort", aborted);
    wait.then(letGo, letGo);
  });
}

/** A signal of the program's own that cannot be left keeps nothing else from going on. */
export function leaveSignal(signal: AbortSignalLike, listener: () => void): void {
  try {
    signal.removeEventListener("abort", listener);
  } catch {
    // It is the signal's loss: the listener does nothing any more.
  }
}
