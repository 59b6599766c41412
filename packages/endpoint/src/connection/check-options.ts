/**
 * Options by a name that does not exist, or with a value of the wrong kind, are a TypeError that says what was meant, and never pass in silence. The tables
 * are `KnownOptions` of the options' types: a name that is missing there, or there only, does not compile.
 */
import { type Kind, listed, record, shown, signal } from "./option-kinds.ts";
import { nearestName } from "./nearest-name.ts";

/** Every name of `Options`, with what its value has to be. */
export type KnownOptions<Options> = Readonly<Record<keyof Options, Kind>>;

/** What is used of such a table, whatever options it is of. */
export type Names = Readonly<Record<string, Kind>>;

/**
 * @param call how a handler is given to what was called
 * @throws TypeError
 */
export function checkOptions(options: unknown, known: Names, call?: string): void {
  if (!record.accepts(options)) {
    throw new TypeError(`the options must be an object, not ${shown(options)}${proposed(optionsMeant(options, known, call))}`);
  }
  // One has no names of its own, and would pass in silence.
  if (signal.accepts(options)) throw new TypeError("the options must be an object, not a signal: did you mean { signal }?");
  checkNames(options as object, known, "option", "");
}

/** What was given for the whole of the options. */
function optionsMeant(value: unknown, known: Names, call: string | undefined): string | undefined {
  const listens = Object.hasOwn(known, "port");
  if (typeof value === "function") return call;
  if (listens) {
    if (typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value))) return `{ port: ${value} }`;
    return typeof value === "string" ? `{ unix: ${shown(value)} }` : undefined;
  }
  if (!Object.hasOwn(known, "subprotocols")) return undefined;
  if (typeof value === "string") return `{ subprotocols: [${shown(value)}] }`;
  return Array.isArray(value) ? `{ subprotocols: ${shown(value)} }` : undefined;
}

export function checkNames(given: object, known: Names, what: string, prefix: string): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) {
      const nearest = nearestName(name, Object.keys(known));
      const names = nearest === undefined ? `: there are ${listed(Object.keys(known))}` : proposed(nearest);
      throw new TypeError(`there is no ${what} ${prefix}${name}${names}`);
    }
    if (value !== undefined) checkValue(known[name]!, value, `${prefix}${name}`);
  }
}

export function checkValue(kind: Kind, value: unknown, name: string): void {
  if (!kind.accepts(value)) throw new TypeError(`${name} must be ${kind.expected}, not ${shown(value)}${proposed(kind.meant?.(value))}`);
  if (kind.names !== undefined && typeof value === "object" && value !== null) checkNames(value, kind.names, "option", `${name}.`);
}

export function proposed(meant: string | undefined): string {
  return meant === undefined ? "" : `: did you mean ${meant}?`;
}
