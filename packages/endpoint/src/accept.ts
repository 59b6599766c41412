/**
 * The server side of the opening handshake, for one transport.
 */
import type { RequestHead } from "@ws/protocol";

import type { Connection } from "./connection.ts";
import type { DriverGroup } from "./driver-group.ts";
import type { AcceptOptions, ConnectionHandler } from "./options.ts";
import type { Transport } from "./transport.ts";

/**
 * Takes over a transport on which an ordinary HTTP request arrived. `bytes` (a copy, the adapter's) is everything read so far, head
 * included; the transport is paused and nothing of it is used here any more. The adapter gives both to its HTTP server.
 */
export type HandOff<T extends Transport = Transport> = (transport: T, bytes: Uint8Array) => void;

/**
 * Reads the request from the transport, answers it, and resolves with the open connection. A refusal is answered on the transport, which is then
 * ended; the promise rejects with a {@link HandshakeError}.
 */
export declare function acceptConnection<Context = undefined>(
  group: DriverGroup,
  transport: Transport,
  options?: AcceptOptions<Context>,
  handler?: ConnectionHandler<Context>,
): Promise<Connection<Context>>;

/**
 * The same for a request whose head a host's HTTP server has read: `rest` are the bytes that came after it. The transport must not have
 * been started.
 */
export declare function acceptUpgrade<Context = undefined>(
  group: DriverGroup,
  transport: Transport,
  head: RequestHead,
  rest: Uint8Array,
  options?: AcceptOptions<Context>,
  handler?: ConnectionHandler<Context>,
): Promise<Connection<Context>>;
