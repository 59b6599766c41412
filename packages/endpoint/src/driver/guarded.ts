/** Calls of a program's functions that give no answer: nothing they throw, now or by a promise, goes further than to `failed`. */
import { isPromiseLike } from "./promise-like.ts";

export function callGuarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = call();
    // The value goes no further: what it is fulfilled with may throw when it is looked at.
    if (isPromiseLike(returned)) Promise.resolve(returned).then(() => undefined, failed);
  } catch (error) {
    failed(error);
  }
}
