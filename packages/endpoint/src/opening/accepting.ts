/** The server side of the opening handshake (§4.2) for one transport, outside of any listening server. */
import type { RequestHead } from "@ws/protocol/handshake";

import type { Connection } from "../connection/connection.ts";
import type { ContextOf, NoContext, Refuse, AnyAnswer } from "../connection/answer.ts";
import type { AcceptOptions, AcceptOptionsWithUpgrade, ConnectionHandler } from "../connection/options.ts";
import type { DriverGroup } from "../driver/driver-group.ts";
import { groupOf, type Host } from "../driver/host.ts";
import type { Transport } from "../ports/transport.ts";
import { acceptPlan, type AcceptPlan } from "./accept-plan.ts";
import { ServerOpening } from "./server-opening.ts";

/**
 * Reads the request from the transport, answers it, and resolves with the open connection. A refusal is answered on the transport, which is then
 * ended; the promise rejects with a {@link HandshakeError}.
 *
 * @throws TypeError, RangeError for options that cannot work; the client is answered with 500 then
 */
export function acceptConnection<A extends AnyAnswer = Refuse>(
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
  const plan = checkedPlan(groupOf(host), transport, options, handler);
  return accepting(plan, transport, (handshake) => handshake.read());
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
  const plan = checkedPlan(groupOf(host), transport, options, handler);
  const begin = (): Promise<Connection<ContextOf<A>>> => accepting(plan, transport, (handshake) => handshake.judge(head, rest));
  if (earlier === undefined) return begin();
  return Promise.resolve(earlier).then((answerable) =>
    answerable
      ? begin()
      : accepting<ContextOf<A>>(plan, transport, (handshake) =>
          handshake.abort("the stream ended behind the answer to an earlier request"),
        ),
  );
}

/** The mistake is the program's, and the client shall not wait for nothing. */
function checkedPlan<A extends AnyAnswer>(
  group: DriverGroup,
  transport: Transport,
  options: AcceptOptions<A>,
  handler: ConnectionHandler<ContextOf<A>> | undefined,
): AcceptPlan {
  try {
    return acceptPlan(group, options, handler);
  } catch (error) {
    const answer = new ServerOpening(acceptPlan(group, {}, undefined), transport, { accepted: () => undefined });
    answer.refuse("HANDLER_FAILED", "The server failed.");
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
