/** What handlers throw when there is no `onError`: it must fail the test, and at the place where the test waits for what they do. */
export class Uncaught {
  #watching = 0;
  #first: { readonly error: unknown } | undefined = undefined;

  readonly report = (error: unknown): void => {
    if (this.#watching > 0 && this.#first === undefined) this.#first = { error };
    // Nobody waits: test runners see what is left unhandled.
    else void Promise.reject(error as Error);
  };

  /** Rejects with what was reported meanwhile, even if `work` fails: that is why, then. */
  async during<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#watching++;
    try {
      return await work();
    } finally {
      this.#watching--;
      this.#rethrow();
    }
  }

  #rethrow(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) throw first.error;
  }
}
