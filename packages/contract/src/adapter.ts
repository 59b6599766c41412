/**
 * The API that @ws/node, @ws/deno and @ws/bun have in common, as the suite uses it. Their own options may allow more; `src/types` checks that each
 * accepts at least this.
 */
import type {
  AcceptUpgrade,
  Connection,
  ConnectTarget,
  ConnectionError,
  ConnectionHandler,
  ContextOf,
  HandshakeError,
  NoContext,
  OpenOptions,
  PreparedMessage,
  Undecided,
  Server,
  ServerOptions,
  Upgrade,
  AnyAnswer,
} from "@ws/endpoint";

export interface CommonListenOptions<A extends AnyAnswer = NoContext> extends ServerOptions<A> {
  readonly port?: number | undefined;
  readonly hostname?: string | undefined;
  readonly unix?: string | undefined;
  readonly backlog?: number | undefined;
  readonly tls?: { key: string; cert: string } | undefined;
  readonly fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
}

export interface CommonListenOptionsWithUpgrade<A extends AnyAnswer> extends CommonListenOptions<A> {
  readonly upgrade: Upgrade<A>;
}

export interface CommonConnectOptions extends OpenOptions {
  /** Gives a `stream.Duplex`, a type that the check for Deno has not. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- so
  readonly createConnection?: ((target: ConnectTarget, options: { signal: AbortSignal }) => any) | undefined;
  readonly unix?: string | undefined;
  readonly tls?: { ca?: string | string[]; servername?: string; cert?: string; key?: string } | undefined;
}

export interface Adapter {
  listen<A extends AnyAnswer = Undecided>(
    options: CommonListenOptionsWithUpgrade<A>,
    handler: ConnectionHandler<ContextOf<A>>,
  ): Promise<Server<ContextOf<A>>>;
  listen<A extends AnyAnswer = NoContext>(
    options: CommonListenOptions<A>,
    handler: ConnectionHandler<ContextOf<A>>,
  ): Promise<Server<ContextOf<A>>>;
  connect(url: string | URL, options?: CommonConnectOptions, handler?: ConnectionHandler<undefined>): Promise<Connection<undefined>>;
  readonly acceptUpgrade: AcceptUpgrade;
  readonly ConnectionError: typeof ConnectionError;
  readonly HandshakeError: typeof HandshakeError;
  readonly CloseCode: Readonly<Record<string, number>>;
  prepareMessage(message: string | ArrayBufferView | ArrayBufferLike): PreparedMessage;
}

/** The adapters by the runtime they are for. */
export type AdapterName = "node" | "deno" | "bun";

export async function loadAdapter(name: AdapterName): Promise<Adapter> {
  // Not a literal: each adapter's types want a runtime of their own.
  const specifier: string = `@ws/${name}`;
  return (await import(specifier)) as Adapter;
}

/** Which adapter the runtime that this code runs in needs. */
export function thisRuntime(): AdapterName {
  if ("Deno" in globalThis) return "deno";
  return "Bun" in globalThis ? "bun" : "node";
}
