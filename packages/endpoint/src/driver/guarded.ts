/** Calls of a program's functions that give no answer: nothing they throw, now or by a promise, goes further than to `failed`. */
import { isPromiseLike } from "./promise-like.ts";

export function callGuarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = call();
    if (isPromiseLike(returned)) Promise.resolve(returned).then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/** For what no connection is the cause of: a program's `onError`, or the host's log. */
export function errorReporter(
  onError: ((error: unknown, connection: undefined) => unknown) | undefined,
  printError: (error: unknown) => void,
): (error: unknown) => void {
  return onError === undefined ? printError : (error) => callGuarded(() => onError(error, undefined), printError);
}
