/**
 * What an HTTP/1.1 message head says (RFC 9112 §2.1): a start line and ordered header fields.
 *
 * These are plain data, so that a host's own HTTP server can supply them. Nothing here judges them.
 */

import type { Header } from "./header.ts";
import type { HeaderList } from "./header-list.ts";

export type { Header };

export interface RequestHead {
  readonly method: string;
  /** The request-target as it was sent: `/chat?room=1`, or an absolute URI. */
  readonly target: string;
  /** `1.1`, without `HTTP/`. */
  readonly version: string;
  readonly headers: readonly Header[];
}

export interface ResponseHead {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
}

/** The values of every field called `name` (given in lower case), in order. RFC 9110 §5.1: names are case-insensitive. */
export function headerValues(headers: readonly Header[], name: string): string[] {
  const values: string[] = [];
  for (const [fieldName, value] of headers) {
    if (fieldName.length === name.length && fieldName.toLowerCase() === name) values.push(value);
  }
  return values;
}
