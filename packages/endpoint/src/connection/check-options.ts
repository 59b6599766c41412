/**
 * Options by a name that does not exist, or with a value of the wrong kind, are a TypeError that says what was meant, and never pass in silence. The tables
 * are `KnownOptions` of the options' types: a name that is missing there, or there only, does not compile. Each option is read once: what was checked is
 * what is used, and one that comes from a class or a prototype counts like any other.
 */
import { type Kind, listed, record, shown, signal } from "./option-kinds.ts";
import { nearestName } from "./nearest-name.ts";

/** Every name of `Options`, with what its value has to be. */
export type KnownOptions<Options> = Readonly<Record<keyof Options, Kind>>;

/** What is used of such a table, whatever options it is of. */
export type Names = Readonly<Record<string, Kind>>;

/**
 * @param call how a handler is given to what was called
 * @returns the options in an object of their own
 * @throws TypeError
 */
export function takeOptions<Options>(options: Options, known: Names, call?: string): Options {
  if (!record.accepts(options)) {
    throw new TypeError(`the options must be an object, not ${shown(options)}${proposed(optionsMeant(options, known, call))}`);
  }
  // One has no names of its own, and would pass in silence.
  if (signal.accepts(options)) throw new TypeError("the options must be an object, not a signal: did you mean { signal }?");
  for (const owner of ownersOf(options as object)) for (const name of Object.keys(owner)) checkName(name, known, "option", "");
  const taken: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(known)) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) continue;
    checkValue(kind, value, name);
    taken[name] = value;
  }
  return taken as Options;
}

/** An object, and those that it inherits from, but for the one that all do. */
export function* ownersOf(given: object): Generator<object> {
  for (
    let owner: object | null = given;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  )
    yield owner;
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
    checkName(name, known, what, prefix);
    if (value !== undefined) checkValue(known[name]!, value, `${prefix}${name}`);
  }
}

function checkName(name: string, known: Names, what: string, prefix: string): void {
  if (Object.hasOwn(known, name)) return;
  const nearest = nearestName(name, Object.keys(known));
  const names = nearest === undefined ? `: there are ${listed(Object.keys(known))}` : proposed(nearest);
  throw new TypeError(`there is no ${what} ${prefix}${name}${names}`);
}

export function checkValue(kind: Kind, value: unknown, name: string): void {
  if (!kind.accepts(value)) throw new TypeError(`${name} must be ${kind.expected}, not ${shown(value)}${proposed(kind.meant?.(value))}`);
  if (kind.names !== undefined && typeof value === "object" && value !== null) checkNames(value, kind.names, "option", `${name}.`);
}

export function proposed(meant: string | undefined): string {
  return meant === undefined ? "" : `: did you mean ${meant}?`;
}
