/**
 * Compiled only, by the check of each runtime: the context of a server's connections is what its `upgrade` answers, and what is no answer does not
 * compile.
 */
import type {
  AcceptOptions,
  AnyAnswer,
  Connection,
  ConnectionHandler,
  ConnectionHandlers,
  ContextOf,
  NoContext,
  Server,
  UpgradeAnswer,
  UpgradeRequest,
} from "@ws/endpoint";

import type { Adapter, CommonListenOptions } from "../adapter.ts";
import type { Same } from "./face.ts";

interface User {
  readonly name: string;
}
interface Guest {
  readonly isGuest: true;
}

/** Called with `true`. */
declare function is<A, B>(same: Same<A, B>): void;
declare function typeOf<A>(value: A): { is<B>(same: Same<A, B>): void };
declare function find(target: string): Promise<User | undefined>;
declare function handlersOf<Context>(): ConnectionHandlers<Context>;
declare const response: Response;

export function contexts(): void {
  is<ContextOf<NoContext>, undefined>(true);
  is<ContextOf<{ status: number } | { context: User } | { context: Guest; subprotocol: string }>, User | Guest>(true);
  is<ContextOf<{ context: User } | { subprotocol: string }>, User | undefined>(true);
  is<ContextOf<{ context?: User }>, User | undefined>(true);
  is<ContextOf<Response>, never>(true);
  is<ContextOf<UpgradeAnswer>, unknown>(true);
}

export async function inferred({ listen }: Adapter): Promise<void> {
  const plain = await listen({}, { message: (connection) => typeOf(connection).is<Connection<undefined>>(true) });
  typeOf(plain).is<Server<undefined>>(true);

  const users = await listen(
    {
      upgrade: async ({ target }) => {
        const user = await find(target);
        if (user === undefined) return { status: 401, headers: { "WWW-Authenticate": "Basic" } };
        return { context: user };
      },
    },
    { message: (connection, message) => void connection.send(`${connection.context.name}: ${String(message)}`) },
  );
  typeOf(users).is<Server<User>>(true);

  const both = await listen(
    {
      upgrade: ({ target }) => {
        if (target === "/a") return { context: { name: "a" } as User };
        if (target === "/b") return Promise.resolve({ context: { isGuest: true } as Guest });
        return response;
      },
    },
    async (connection) => {
      typeOf(connection).is<Connection<User | Guest>>(true);
      await connection.closed;
    },
  );
  typeOf(both).is<Server<User | Guest>>(true);

  // In whatever order the options are written.
  await listen(
    {
      onError: (_, connection) => typeOf(connection).is<Connection | undefined>(true),
      inspect: (_, __, connection) => typeOf(connection).is<Connection>(true),
      async upgrade({ target }) {
        const user = await find(target);
        return user === undefined ? { status: 401, body: "who?" } : { context: user, subprotocol: "chat" };
      },
      onRefused: ({ code }) => code,
    },
    { open: (connection) => typeOf(connection).is<Connection<User>>(true) },
  );
  await listen({ upgrade: ({ target }) => (target === "/" ? {} : response) }, (connection) => {
    typeOf(connection).is<Connection<undefined>>(true);
    return connection.closed;
  });
  await listen({ upgrade: () => ({ status: 404 }) }, (connection) => {
    typeOf(connection).is<Connection<never>>(true);
    return connection.closed;
  });
  await listen({ upgrade: (): UpgradeAnswer => ({}) }, { open: (connection) => typeOf(connection).is<Connection>(true) });
}

/** Handlers with a type of their own are compared with the context that is inferred. */
export async function declared({ listen }: Adapter): Promise<void> {
  const upgrade = async ({ target }: { readonly target: string }): Promise<{ context: User } | { status: number }> => {
    const user = await find(target);
    return user === undefined ? { status: 401 } : { context: user };
  };
  class Room {
    readonly members = new Set<Connection<User>>();
    open(connection: Connection<User>): void {
      this.members.add(connection);
    }
  }
  const greeting = { open: (connection) => void connection.send(connection.context.name) } satisfies ConnectionHandlers<User>;
  async function run(connection: Connection<User>): Promise<void> {
    await connection.closed;
  }
  for (const handler of [new Room(), greeting, run]) await listen({ upgrade }, handler);
  await listen({ upgrade: async ({ target }) => await upgrade({ target }) }, new Room());
  await listen({ upgrade: async ({ target }) => await upgrade({ target }) }, greeting);
  await listen({ upgrade: async ({ target }) => await upgrade({ target }) }, run);
  await listen({ upgrade: async ({ target }) => await upgrade({ target }) }, handlersOf<unknown>());
  await listen({ upgrade: async ({ target }) => await upgrade({ target }) }, handlersOf<User | Guest>());
  const options = { port: 0, upgrade };
  await listen(options, { open: (connection) => typeOf(connection).is<Connection<User>>(true) });
  const listed: CommonListenOptions = { port: 0, upgrade: async ({ target }) => ((await find(target)) ? {} : { status: 401 }) };
  await listen(listed, { open: (connection) => typeOf(connection).is<Connection<undefined>>(true) });

  // @ts-expect-error -- nobody gives the user
  await listen({}, handlersOf<User>());
  // @ts-expect-error -- nobody gives the user
  await listen({ port: 0 }, greeting);
  // @ts-expect-error -- nobody gives the user
  await listen({}, run);
  // @ts-expect-error -- nobody gives the user
  await listen({ upgrade: () => ({}) }, new Room());
  // @ts-expect-error -- a guest is no user
  await listen({ upgrade: ({ target }) => (target === "/" ? { context: { isGuest: true } } : { status: 401 }) }, greeting);
  // @ts-expect-error -- a guest may come as well
  await listen({ upgrade: ({ target }) => ({ context: (target === "/" ? { isGuest: true } : { name: "" }) as Guest | User }) }, greeting);
  // @ts-expect-error -- there may be no user
  await listen({ upgrade: async ({ target }) => ({ context: await find(target) }) }, greeting);
  // @ts-expect-error -- more than the context has
  await listen({ upgrade }, handlersOf<User & { readonly age: number }>());
}

/** Wrong answers. */
export async function refused({ listen }: Adapter): Promise<void> {
  const handler: ConnectionHandlers = {};
  // @ts-expect-error -- a forgotten path
  await listen({ upgrade: ({ target }) => { if (target === "/") return { context: 1 }; return; } }, handler); // prettier-ignore
  // @ts-expect-error -- a forgotten path, by promise
  await listen({ upgrade: async ({ target }) => { if ((await find(target)) !== undefined) return { context: 1 }; return undefined; } }, handler); // prettier-ignore
  // @ts-expect-error -- no path answers
  await listen({ upgrade: () => undefined }, handler);
  // @ts-expect-error -- no path answers
  await listen({ upgrade: async ({ target }) => { await find(target); } }, handler); // prettier-ignore
  // @ts-expect-error -- no answer
  await listen({ upgrade: () => false }, handler);
  // @ts-expect-error -- no answer
  await listen({ upgrade: ({ target }) => (target === "/" ? {} : null) }, handler);
  // @ts-expect-error -- no answer
  await listen({ upgrade: () => "no" }, handler);
  // @ts-expect-error -- no answer
  await listen({ upgrade: () => ({ statusCode: 401 }) }, handler);
  // @ts-expect-error -- a status in a string
  await listen({ upgrade: () => ({ status: "401" }) }, handler);
  // @ts-expect-error -- refused, and a context
  await listen({ upgrade: () => ({ status: 401, context: 1 }) }, handler);
  // @ts-expect-error -- no option
  await listen({ upgrade: () => ({}), prot: 0 }, handler);
  // @ts-expect-error -- no option
  await listen({ prot: 0 }, handler);
}

/** An answer may carry a handler, and `acceptUpgrade` infers as `listen` does. */
export async function routed(
  { listen, acceptUpgrade }: Adapter,
  [request, socket, head]: [Parameters<Adapter["acceptUpgrade"]>[0], Parameters<Adapter["acceptUpgrade"]>[1], Uint8Array],
): Promise<void> {
  const routes: Record<string, { readonly handler: ConnectionHandler }> = {};
  const plain = await listen({ upgrade: ({ target }) => routes[target] ?? { status: 404 } }, {});
  typeOf(plain).is<Server<undefined>>(true);
  const users = await listen(
    {
      upgrade: async ({ target }) => {
        const user = await find(target);
        return user === undefined ? { status: 401 } : { context: user, handler: handlersOf<User>() };
      },
    },
    { open: (connection) => typeOf(connection).is<Connection<User>>(true) },
  );
  typeOf(users).is<Server<User>>(true);
  await listen({ upgrade: () => ({ handler: { message: (connection) => typeOf(connection).is<Connection>(true) } }) }, {});
  // @ts-expect-error -- no handler
  await listen({ upgrade: () => ({ handler: "chat" }) }, {});

  const upgrade = async ({ target }: UpgradeRequest): Promise<{ context: User } | { status: number }> => {
    const user = await find(target);
    return user === undefined ? { status: 401 } : { context: user };
  };
  const connection = await acceptUpgrade(request, socket, head, { upgrade: (asked) => upgrade(asked) }, handlersOf<User>());
  typeOf(connection).is<Connection<User>>(true);
  typeOf(await acceptUpgrade(request, socket, head)).is<Connection<undefined>>(true);
  // @ts-expect-error -- nobody gives the user
  await acceptUpgrade(request, socket, head, {}, handlersOf<User>());
}

/** Whoever does not care for the context takes every server, connection and handler. */
export function helpers(users: Server<User>, both: Server<User | undefined>, plain: Server<undefined>): void {
  const broadcast = (server: Server): void => {
    for (const connection of server.connections) connection.send("to all");
  };
  const describe = (connection: Connection): string => `${connection.remoteAddress}: ${String(connection.context)}`;
  for (const server of [users, both, plain]) broadcast(server);
  for (const connection of users.connections) describe(connection);
  for (const connection of plain.connections) describe(connection);
  const anybody: ConnectionHandlers = {};
  is<ConnectionHandlers, ConnectionHandlers<unknown>>(true);
  const wanted: ConnectionHandlers<User> = anybody;
  // @ts-expect-error -- wants more than it is told
  const told: ConnectionHandlers = wanted;
  // @ts-expect-error -- wants more than it is told
  const runs: ConnectionHandler = async (connection: Connection<User>) => await connection.closed;
  // @ts-expect-error -- somebody's users are not everybody's
  const members: Server<User> = users as Server;
  void [told, runs, members];
}

/** A function around `listen` that passes on what it is given. */
export async function wrapped<A extends AnyAnswer = NoContext>(
  { listen }: Adapter,
  options: CommonListenOptions<A>,
  handler: ConnectionHandler<ContextOf<A>>,
): Promise<Server<ContextOf<A>>> {
  is<AcceptOptions, AcceptOptions<NoContext>>(true);
  return await listen({ port: 0, ...options }, handler);
}
