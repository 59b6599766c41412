/** Ordinary HTTP requests on a port for WebSocket: read strictly by the opening handshake, served by somebody else. */
import type { Refusal, RequestHead } from "@ws/protocol/handshake";

import type { Transport } from "../ports/transport.ts";

/** An ordinary HTTP request, read strictly. Its bytes are views that hold until the call they are given to returns. */
export interface OrdinaryRequest {
  readonly head: RequestHead;
  /** As it came. */
  readonly headBytes: Uint8Array;
  /** What came behind the head so far. */
  readonly rest: Uint8Array;
  /** It is not the first of its connection. */
  readonly isLater: boolean;
}

/**
 * Takes over a transport, to be started again, on which an ordinary HTTP request has arrived, or says why the request is refused: the
 * transport is answered by the caller then.
 */
export type HandOff<T extends Transport = Transport> = (transport: T, request: OrdinaryRequest) => Refusal | undefined;
