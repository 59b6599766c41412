/** `await using`, in the runtimes that have the symbol for it. Where there is none, as in QuickJS, nothing can be disposed of and nothing is missing. */
const symbol = Symbol.asyncDispose as symbol | undefined;

interface Disposed {
  [Symbol.asyncDispose](): Promise<void>;
}

/** Gives `owner`, an object or a prototype, its `[Symbol.asyncDispose]`. */
export function disposable<Owner extends object>(owner: Owner, dispose: (this: Owner) => Promise<void>): Owner & Disposed {
  // v8 ignore next -- the embedding tests run it in QuickJS, which has no symbol
  if (symbol !== undefined) Object.defineProperty(owner, symbol, { value: dispose, configurable: true, writable: true });
  return owner as Owner & Disposed;
}
