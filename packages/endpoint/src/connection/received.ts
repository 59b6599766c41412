/** A piece of a message that arrives with the option `streaming`. */
export interface Chunk {
  readonly chunk: string | Uint8Array<ArrayBuffer>;
  readonly first: boolean;
  readonly last: boolean;
}

/** What a connection gives to its program: whole messages, or with `streaming` pieces. */
export type Received = string | Uint8Array<ArrayBuffer> | Chunk;
