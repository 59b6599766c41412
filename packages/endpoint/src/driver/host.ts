/** What a program holds of the host that it brings: a token, which only this package can open. */
import type { Utf8 } from "@ws/codec";

import { type KnownOptions, takeOptions, checkValue } from "../connection/check-options.ts";
import { callback, flag, record } from "../connection/option-kinds.ts";
import type { AcceptOptions } from "../connection/options.ts";
import type { Clock } from "../ports/clock.ts";
import { DriverGroup, type HostOptions } from "./driver-group.ts";
import { Program } from "./program.ts";

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

/** A port whose functions are called later, where nobody would learn that one is missing. */
const clockFunctions = ["now", "setTimer", "clearTimer", "turn", "microtask"] as const satisfies readonly (keyof Clock)[];
const utf8Functions = ["decode", "isValid", "encodeInto", "byteLength"] as const satisfies readonly (keyof Utf8)[];

function requireFunctions(port: object | undefined, name: string, functions: readonly string[]): void {
  for (const one of port === undefined ? [] : functions) checkValue(callback, (port as Record<string, unknown>)[one], `${name}.${one}`);
}

const groups = new WeakMap<Host, DriverGroup>();

/**
 * What connections need of their host: time, randomness for clients, a place for errors. Once for a process, or for what its timers belong to.
 *
 * @throws TypeError
 */
export function createHost(options: HostOptions): Host {
  const taken = takeOptions(options, hostOptions);
  for (const name of ["clock", "printError"] as const) if (taken[name] === undefined) throw new TypeError(`a host needs ${name}`);
  requireFunctions(taken.clock, "clock", clockFunctions);
  requireFunctions(taken.utf8, "utf8", utf8Functions);
  const host = Object.freeze({}) as Host;
  groups.set(host, new DriverGroup(taken));
  return host;
}

/** @throws TypeError */
export function groupOf(host: Host): DriverGroup {
  const group = groups.get(host);
  if (group === undefined) throw new TypeError("the host has to be what createHost returned");
  return group;
}

type OnError = AcceptOptions["onError"];

/** For what no connection is the cause of: a program's `onError`, or the host's log. */
export function errorReporter(host: Host, onError: OnError): (error: unknown) => void {
  const program = new Program(groupOf(host), undefined, onError);
  return (error) => program.report(error, undefined);
}

/** For a slip in the very call that gives the options: nobody has looked at them yet. */
export function reportSlip(host: Host, options: unknown, error: unknown): void {
  const { onError } = (options ?? {}) as { onError?: unknown };
  errorReporter(host, typeof onError === "function" ? (onError as OnError) : undefined)(error);
}
