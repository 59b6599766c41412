/** A call of a program's function that gives no answer: nothing it throws, now or by a promise, goes further than to `failed`. */
import { isPromiseLike } from "../driver/promise-like.ts";

export function callGuarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = call();
    if (isPromiseLike(returned)) Promise.resolve(returned).then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}
