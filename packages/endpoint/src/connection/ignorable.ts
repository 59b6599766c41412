/**
 * What `work` comes to, as a promise that only rejects and may be ignored. An unhandled rejection ends a process, and often enough a stranger is its
 * cause: a bad request, a connection that is lost.
 */
export function ignorable<Value>(work: () => Promise<Value>): Promise<Value> {
  const promise = work();
  promise.catch(() => undefined);
  return promise;
}
