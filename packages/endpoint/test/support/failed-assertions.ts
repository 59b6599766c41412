/** What a test asserts inside a function that it gives to the product: the product catches it, so it is noted here and fails the test. */
const failed: Error[] = [];

/** Behind each test (setup.ts). */
export function throwNoted(): void {
  const [first] = failed.splice(0);
  if (first !== undefined) throw first;
}

/** For every error that the product tells of. */
export function noteAssertion(error: unknown): void {
  if (error instanceof Error && error.name === "AssertionError") failed.push(error);
}

type OnError = (error: unknown, connection: never) => unknown;

/** The same options, with an `onError` that notes before it goes on to the test's own. Without one, the host's `printError` notes. */
export function noting<Options extends { readonly onError?: OnError | undefined }>(options: Options): Options;
export function noting<Options extends { readonly onError?: OnError | undefined }>(options: Options | undefined): Options | undefined;
export function noting<Options extends { readonly onError?: OnError | undefined }>(options: Options | undefined): Options | undefined {
  const onError = options?.onError;
  if (typeof onError !== "function") return options;
  return {
    ...options!,
    onError: (error: unknown, connection: never) => {
      noteAssertion(error);
      return onError(error, connection);
    },
  };
}
