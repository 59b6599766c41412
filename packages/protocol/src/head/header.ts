/** One header field as it was received: the name keeps its case, the value has no surrounding whitespace. */
export type Header = readonly [name: string, value: string];
