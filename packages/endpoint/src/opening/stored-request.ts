/**
 * The request that opened a connection, kept as the text of its head: few programs look at it later, and objects for its fields would be a
 * sixth of what an idle connection takes.
 */
import { evaluateRequest, HeadDecoder, HeadEvent, type ServerHandshakeOptions } from "@ws/protocol/handshake";

import { AskedRequest, type Carried, type UpgradeRequest } from "./upgrade-request.ts";

/** A request that is read again when it is asked for. */
export type StoredRequest = () => UpgradeRequest;

/** `headText` is the head of a request that has been accepted with `options`, on `transport`. */
export function storeRequest(headText: string, options: ServerHandshakeOptions, transport: Carried): StoredRequest {
  return () => read(headText, options, transport);
}

function read(text: string, options: ServerHandshakeOptions, transport: Carried): UpgradeRequest {
  const decoder = new HeadDecoder("request", { maxHeadBytes: text.length, maxHeaders: text.length });
  decoder.receive(Uint8Array.from(text, (octet) => octet.charCodeAt(0)));
  // v8 ignore next -- the other ways would be a fault of ours
  // It kept every rule and had an Origin that was allowed, so it does again; the program's own function is not asked twice.
  const request = decoder.poll() === HeadEvent.HEAD ? evaluateRequest(decoder.head, { ...options, allowedOrigins: "any" }) : undefined;
  // v8 ignore next -- as above
  if (request?.kind !== "upgrade") throw new Error("a request that was accepted is none any more");
  return new AskedRequest(request, transport);
}
