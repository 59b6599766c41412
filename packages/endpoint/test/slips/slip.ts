/** What a function of the program may do instead of what it should: one thing each, drawn by fast-check. */
import fc from "fast-check";
import type { Connection, Server } from "@ws/endpoint";

/** What a function can reach when it calls back into us. */
export interface Reach {
  server?: Server | undefined;
  readonly connections: Set<Connection>;
}

/** Called in the place of the program's function; `usual` is what that would have done. */
export interface Slip {
  readonly what: string;
  /** What it hands back, or what its promise is fulfilled with. Undefined: nothing comes of it. */
  readonly answers?: { readonly value: unknown };
  /** It calls back into us. */
  readonly isCall?: boolean;
  act(reach: Reach, usual: () => unknown): unknown;
}

const revoked = (target: object): unknown => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const throwing = (): never => {
  throw new Error("a trap");
};
const traps: ProxyHandler<object> = Object.fromEntries(
  (["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"] as const).map((name) => [name, throwing]),
);

/** fast-check tells of a counterexample by looking at it, which some do not bear. */
const named = <Value extends { readonly what: string }>(value: Value): Value =>
  Object.defineProperty(value, fc.toStringMethod, { configurable: true, value: () => value.what });

/** Values that look at whoever looks at them. */
const HOSTILE: Readonly<Record<string, () => unknown>> = {
  "a revoked proxy": () => revoked({}),
  "a revoked proxy of a function": () => revoked(() => undefined),
  "a proxy whose traps throw": () => new Proxy({}, traps),
  "an object whose getters throw": () => ({
    get then(): never {
      return throwing();
    },
    get status(): never {
      return throwing();
    },
  }),
  "an object whose `then` is read well once": () => {
    let read = 0;
    return {
      get then(): unknown {
        return read++ === 0 ? undefined : throwing();
      },
    };
  },
  "an object without a prototype": () => Object.assign(Object.create(null) as object, { context: 1 }),
  "an object that is no text": () => ({ toString: throwing, valueOf: throwing, [Symbol.toPrimitive]: throwing }),
  "a symbol": () => Symbol("x"),
  "an error whose message throws": () =>
    Object.defineProperty(new Error("x"), "message", {
      get: throwing,
    }),
  false: () => false,
  true: () => true,
  null: () => null,
  undefined: () => undefined,
  "{}": () => ({}),
  "a class": () => Promise,
  "a Response": () => new Response("x", { status: 403 }),
  "a Response that accepts": () => new Response("x"),
};

export const anything: fc.Arbitrary<{ readonly what: string; readonly make: () => unknown }> = fc.oneof(
  fc.constantFrom(...Object.entries(HOSTILE).map(([what, make]) => named({ what, make }))),
  fc
    .anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true })
    .map((value) => named({ what: fc.stringify(value), make: () => value })),
);

type Settle = (value?: unknown) => void;
const THENABLES: Readonly<Record<string, (fulfil: Settle, reject: Settle, value: unknown) => unknown>> = {
  "never settles": () => undefined,
  "fulfils twice": (fulfil, _reject, value) => (fulfil(value), fulfil({})),
  "fulfils and rejects": (fulfil, reject, value) => (fulfil(value), reject(value)),
  "rejects and fulfils": (fulfil, reject, value) => (reject(value), fulfil({})),
  "rejects twice, later": (_fulfil, reject, value) => queueMicrotask(() => (reject(value), reject(value))),
  "fulfils and throws": (fulfil, _reject, value) => (fulfil(value), throwing()),
  throws: throwing,
};

/** Calls back into us. */
const CALLS: Readonly<Record<string, (connection: Connection, reach: Reach) => unknown>> = {
  send: (connection) => connection.send("again"),
  "send much": (connection) => connection.send(new Uint8Array(100_000)),
  "send what cannot be sent": (connection) => connection.send(5 as never),
  sendStream: (connection) => connection.sendStream(["a", "b"]),
  close: (connection) => connection.close(1000, "from within"),
  "close with a code that cannot be": (connection) => connection.close(1006),
  abort: (connection) => connection.abort(new Error("from within")),
  ping: (connection) => connection.ping().catch(() => undefined),
  iterate: (connection) =>
    connection[Symbol.asyncIterator]()
      .next()
      .catch(() => undefined),
  "await closed": (connection) => connection.closed,
  "server.close": (_connection, { server }) => server?.close({ timeout: 500 }),
};

function oneOf(...kinds: fc.MaybeWeightedArbitrary<Slip>[]): fc.Arbitrary<Slip> {
  return fc.oneof(...kinds).map(named);
}

/** Of a function whose answer is used at once, or not at all: a promise is none, and stays the program's. */
export const atOnce: fc.Arbitrary<Slip> = oneOf(
  anything.map(({ what, make }): Slip => {
    const value = make();
    return { what: `returns ${what}`, answers: { value }, act: () => value };
  }),
  anything.map(({ what, make }): Slip => ({
    what: `throws ${what}`,
    act: () => {
      throw make();
    },
  })),
  fc.constantFrom(...Object.keys(CALLS)).map((what): Slip => ({
    what: `calls ${what} from within`,
    isCall: true,
    act: (reach, usual) => {
      for (const connection of reach.connections) CALLS[what]!(connection, reach);
      return usual();
    },
  })),
);

/** Of any function. */
export const slips: fc.Arbitrary<Slip> = oneOf(
  { weight: 3, arbitrary: atOnce },
  anything.map(({ what, make }): Slip => ({ what: `rejects with ${what}`, act: () => Promise.reject(make() as Error) })),
  anything.map(({ what, make }): Slip => {
    const value = make();
    return { what: `fulfils with ${what}`, answers: { value }, act: () => Promise.resolve(value) };
  }),
  fc.constant<Slip>({ what: "never settles", act: () => new Promise(() => undefined) }),
  fc.tuple(fc.constantFrom(...Object.keys(THENABLES)), anything).map(([how, { what, make }]): Slip => {
    const value = make();
    const answers = how.startsWith("fulfils") ? { answers: { value } } : {};
    return {
      what: `a thenable that ${how}: ${what}`,
      ...answers,
      act: () => ({ then: (fulfil: Settle, reject: Settle) => THENABLES[how]!(fulfil, reject, value) }),
    };
  }),
  fc.constantFrom(...Object.keys(CALLS)).map((what): Slip => ({
    what: `calls ${what} from within, and returns what that does`,
    isCall: true,
    act: (reach) => [...reach.connections].map((connection) => CALLS[what]!(connection, reach))[0],
  })),
);
