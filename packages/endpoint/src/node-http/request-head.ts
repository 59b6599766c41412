import type { HttpRequest } from "../opening/http-upgrade.ts";

/** The head of a request as the strict evaluation wants it: in order, in the sender's letter case, duplicates kept. */
export interface RawRequestHead {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: (readonly [name: string, value: string])[];
}

/** From `rawHeaders`, because `headers` has joined and dropped duplicates already. */
export function requestHead(request: HttpRequest): RawRequestHead {
  const { rawHeaders } = request;
  const headers: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) headers.push([rawHeaders[index]!, rawHeaders[index + 1]!]);
  return { method: request.method ?? "", target: request.url ?? "", version: request.httpVersion, headers };
}
