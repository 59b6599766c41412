/** Promises that an end was given: each has to settle, once its connection is over at the latest. */
export class Promised {
  readonly #pending = new Map<number, string>();
  readonly #fault: (kind: string, detail: string) => void;
  #next = 0;

  constructor(fault: (kind: string, detail: string) => void) {
    this.#fault = fault;
  }

  /** Without `failed` it must not reject. */
  keep(name: string, promise: Promise<unknown>, settled?: (value: unknown) => void, failed?: (error: unknown) => void): void {
    const id = this.#next++;
    this.#pending.set(id, name);
    promise.then(
      (value) => {
        this.#pending.delete(id);
        settled?.(value);
      },
      (error: unknown) => {
        this.#pending.delete(id);
        if (failed === undefined) this.#fault("rejected", `${name}: ${String(error)}`);
        else failed(error);
      },
    );
  }

  get pending(): string[] {
    return [...this.#pending.values()];
  }
}
