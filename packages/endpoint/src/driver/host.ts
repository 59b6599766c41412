/** What a program holds of the host that it brings: a token, which only this package can open. */
import { type KnownOptions, checkOptions } from "../connection/check-options.ts";
import { callback, flag, record } from "../connection/option-kinds.ts";
import { DriverGroup, type HostOptions } from "./driver-group.ts";
import { callGuarded } from "./guarded.ts";

declare const opaque: unique symbol;

/** Made by {@link createHost}. All connections of one host share a timer, a send arena and a microtask a turn. */
export interface Host {
  readonly [opaque]: true;
}

const hostOptions: KnownOptions<HostOptions> = {
  clock: record,
  fillRandom: callback,
  utf8: record,
  mask: callback,
  sha1: callback,
  printError: callback,
  deflate: callback,
  poisonBorrowed: flag,
};

const groups = new WeakMap<Host, DriverGroup>();

/**
 * What connections need of their host: time, randomness for clients, a place for errors. Once for a process, or for what its timers belong to.
 *
 * @throws TypeError
 */
export function createHost(options: HostOptions): Host {
  checkOptions(options, hostOptions);
  for (const name of ["clock", "printError"] as const) if (options[name] === undefined) throw new TypeError(`a host needs ${name}`);
  const host = Object.freeze({}) as Host;
  groups.set(host, new DriverGroup(options));
  return host;
}

/** @throws TypeError */
export function groupOf(host: Host): DriverGroup {
  const group = groups.get(host);
  if (group === undefined) throw new TypeError("the host has to be what createHost returned");
  return group;
}

/** For what no connection is the cause of: a program's `onError`, or the host's log. */
export function errorReporter(
  host: Host,
  onError: ((error: unknown, connection: undefined) => unknown) | undefined,
): (error: unknown) => void {
  const { printError } = groupOf(host);
  return onError === undefined ? printError : (error) => callGuarded(() => onError(error, undefined), printError);
}
