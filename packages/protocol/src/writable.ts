/** What a class shows to programs as `readonly`, for its own methods to write. */
export type Writable<T> = { -readonly [Name in keyof T]: T[Name] };
