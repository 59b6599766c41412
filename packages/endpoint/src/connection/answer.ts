/**
 * What a program's `upgrade` answers (RFC 6455 §4.2.2), as types: the context of a connection is inferred from them, so a path that forgets its
 * answer does not compile, and a handler cannot expect a context that nobody gives. What is read of an answer at run time is opening/upgrade-answer.ts.
 */
import type { HeadersInput } from "@ws/protocol/handshake";

import type { ConnectionHandler } from "./handlers.ts";

/** What is used of the web's `Response`: any host's own fits. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  arrayBuffer(): PromiseLike<ArrayBuffer>;
  /** Read piece by piece where it is there, so that one without an end is noticed. */
  readonly body?:
    | { getReader(): { read(): PromiseLike<{ readonly done: boolean; readonly value?: unknown }>; cancel(): PromiseLike<unknown> } }
    | null
    | undefined;
}

/** An answer of `upgrade` that opens the connection; `{}` does. */
export interface Accept {
  readonly status?: undefined;
  /** Seen as `connection.context`. */
  readonly context?: unknown;
  /** Instead of the one that the options choose. It has to be among those offered; empty: none. */
  readonly subprotocol?: string | undefined;
  /** Further header lines of the response. */
  readonly headers?: HeadersInput | undefined;
  /**
   * Serves this connection instead of the handler that was given with the options: `routes[path] ?? { status: 404 }`. Its context has to be that of
   * the same answer, which the compiler does not see.
   */
  readonly handler?: ConnectionHandler<never> | undefined;
}

/** An answer of `upgrade` that refuses, with the status and the body of the response. */
export interface Refuse {
  readonly status: number;
  readonly headers?: HeadersInput | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly context?: never;
}

/** What `upgrade` answers. Anything else, such as `undefined`, is answered with 500. */
export type UpgradeAnswer = Accept | Refuse | ResponseLike;

/** What `upgrade` may return. */
export type AnyAnswer = UpgradeAnswer | PromiseLike<UpgradeAnswer>;

/**
 * What the compiler takes for the answer before it has looked at `upgrade`: every handler fits, and one that is written within an answer sees a
 * context that it cannot use unless it says which.
 */
export interface Undecided extends Accept {
  readonly context: never;
  readonly handler?: ConnectionHandler | undefined;
}

interface AcceptWithoutContext extends Accept {
  readonly context?: undefined;
}
type WithoutContext = AcceptWithoutContext | Refuse | ResponseLike;

/** What an `upgrade` may return that gives no context, and what the types take for the answer where there is no `upgrade`. */
export type NoContext = WithoutContext | PromiseLike<WithoutContext>;

/** What a connection has as its `context` when `upgrade` returns `A`: that of each answer that accepts. */
export type ContextOf<A> =
  A extends PromiseLike<infer Answer>
    ? ContextOf<Answer>
    : A extends { readonly status: number }
      ? never
      : "context" extends keyof A
        ? A["context"]
        : undefined;
