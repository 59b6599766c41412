/** What a listener is to the driver, whatever lies under it. */
import type { AcceptOptionsWithUpgrade, CloseServerOptions, Connection, ConnectionHandler, ConnectionOptions, Server } from "@ws/endpoint";

import type { CommonConnectOptions } from "../adapter.ts";
import type { PlaceScript, Tuning } from "./script.ts";
import type { Wire } from "./wire.ts";

/** What `upgrade` answers. */
export type Answer = { readonly context: string; readonly status?: undefined } | { readonly status: number };

/** What a listener calls. */
export interface Served {
  /** `upgrade`, for the connection that the target names. */
  upgrade(target: string): Answer | Promise<Answer>;
  readonly handler: ConnectionHandler<string>;
  onError(error: unknown): void;
  /** Raw listeners: a stream has come, and asked for this target. */
  raw(target: string, wire: Wire): void;
}

export interface Place {
  readonly script: PlaceScript;
  readonly server: Server<unknown> | undefined;
  connect(target: string, options: CommonConnectOptions, handler: ConnectionHandler<undefined> | undefined): Promise<Connection<undefined>>;
  /** A stream for a raw client. */
  wire(): Promise<Wire>;
  close(options: CloseServerOptions): Promise<void>;
}

export function optionsOf({ style, borrow, compress, ...limits }: Tuning): ConnectionOptions {
  return {
    ...limits,
    streaming: style === "chunks" || style === "pieces",
    ...(borrow === true && style === "handlers" && { borrow }),
    ...(compress === true && { compress }),
  };
}

export function listenOptions(tuning: Tuning, served: Served): AcceptOptionsWithUpgrade<Promise<Answer>> {
  // A promise or not, as the script says.
  const upgrade = ({ target }: { target: string }): Promise<Answer> => served.upgrade(target) as Promise<Answer>;
  return { ...optionsOf(tuning), upgrade, onError: (error) => served.onError(error) };
}

/** Reads a request's first line, and hands the stream on as if nothing had been read. */
export function askedFor(wire: Wire, served: Served): void {
  let kept = "";
  let on: Parameters<Wire["listen"]>[0] | undefined;
  wire.listen({
    data: (bytes) => {
      if (on !== undefined) return on.data(bytes);
      kept += String.fromCharCode(...bytes);
      const target = /^GET (\S+) HTTP/.exec(kept)?.[1];
      if (target === undefined) return;
      const first = Uint8Array.from(kept, (character) => character.charCodeAt(0));
      served.raw(target, {
        ...wire,
        listen: (events) => {
          on = events;
          events.data(first);
        },
      });
    },
    end: () => (on === undefined ? wire.end() : on.end()),
    closed: (error) => on?.closed(error),
  });
}
