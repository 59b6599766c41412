/** The server side of the opening handshake (§4.2) for one transport, outside of any listening server. */
import type { RequestHead } from "@ws/protocol/handshake";

import type { Connection } from "../connection/connection.ts";
import type { ContextOf, NoContext, Undecided, AnyAnswer } from "../connection/answer.ts";
import { ignorable } from "../connection/ignorable.ts";
import { takeAcceptOptions } from "../connection/known-options.ts";
import type { AcceptOptions, AcceptOptionsWithUpgrade, ConnectionHandler } from "../connection/options.ts";
import { groupOf, type Host, reportSlip } from "../driver/host.ts";
import type { Transport } from "../ports/transport.ts";
import { acceptPlan, type AcceptPlan } from "./accept-plan.ts";
import { ServerOpening } from "./server-opening.ts";

/**
 * Reads the request from the transport, answers it, and resolves with the open connection. A refusal is answered on the transport, which is then
 * ended; the promise rejects with a {@link HandshakeError}. It rejects with a TypeError or RangeError for options that cannot work, which `onError`
 * is told too, and the client is answered with 500. It may be ignored.
 */
export function acceptConnection<A extends AnyAnswer = Undecided>(
  host: Host,
  transport: Transport,
  options: AcceptOptionsWithUpgrade<A>,
  handler?: ConnectionHandler<ContextOf<A>>,
): Promise<Connection<ContextOf<A>>>;
export function acceptConnection<A extends AnyAnswer = NoContext>(
  host: Host,
  transport: Transport,
  options?: AcceptOptions<A>,
  handler?: ConnectionHandler<ContextOf<A>>,
): Promise<Connection<ContextOf<A>>>;
export function acceptConnection<A extends AnyAnswer>(
  host: Host,
  transport: Transport,
  options: AcceptOptions<A> = {},
  handler?: ConnectionHandler<ContextOf<A>>,
): Promise<Connection<ContextOf<A>>> {
  return ignorable(async () => {
    const plan = checkedPlan(host, transport, options, handler);
    return await accepting<ContextOf<A>>(plan, transport, (handshake) => handshake.read());
  });
}

/**
 * The same for a request whose head a host's HTTP server has read: `rest` are the bytes that came after it (modified here). The
 * transport must not have been started.
 *
 * @param earlier for a request behind others that the host's server has not answered yet: fulfilled when all of those answers have been
 * sent (RFC 9112 §9.3.2), with false when nothing can be sent behind them
 */
export function acceptUpgrade<A extends AnyAnswer = NoContext>(
  host: Host,
  transport: Transport,
  head: RequestHead,
  rest: Uint8Array,
  options: AcceptOptions<A> = {},
  handler?: ConnectionHandler<ContextOf<A>>,
  earlier?: PromiseLike<boolean>,
): Promise<Connection<ContextOf<A>>> {
  return ignorable(async () => {
    const plan = checkedPlan(host, transport, options, handler);
    const answerable = earlier === undefined || (await earlier);
    return await accepting<ContextOf<A>>(plan, transport, (handshake) => {
      if (answerable) handshake.judge(head, rest);
      else handshake.abort("the stream ended behind the answer to an earlier request");
    });
  });
}

/** The mistake is the program's: it is told even if it ignores the promise, and the client shall not wait for nothing. */
function checkedPlan<A extends AnyAnswer>(
  host: Host,
  transport: Transport,
  options: AcceptOptions<A>,
  handler: ConnectionHandler<ContextOf<A>> | undefined,
): AcceptPlan {
  const group = groupOf(host);
  try {
    return acceptPlan(group, takeAcceptOptions(options, handler), handler);
  } catch (error) {
    const answer = new ServerOpening(acceptPlan(group, {}, undefined), transport, { accepted: () => undefined });
    answer.refuse("HANDLER_FAILED", "The server failed.");
    reportSlip(host, options, error);
    throw error;
  }
}

function accepting<Context>(
  plan: AcceptPlan,
  transport: Transport,
  begin: (handshake: ServerOpening) => void,
): Promise<Connection<Context>> {
  return new Promise<Connection<unknown>>((resolve, reject) => {
    begin(new ServerOpening(plan, transport, { accepted: resolve, failed: reject }));
  }) as Promise<Connection<Context>>;
}
