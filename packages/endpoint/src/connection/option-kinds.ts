/**
 * What the value of an option has to be: enough to tell a slip from a choice. Whether a number is in range, a header can be sent or an origin can
 * match is checked where it is used.
 */

export interface Kind {
  /** Follows "must be". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** The names that the value may have, when it is an object. */
  readonly names?: Readonly<Record<string, Kind>> | undefined;
  /** What somebody who gave this probably meant, as it would be written. */
  meant?(value: unknown): string | undefined;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string";
const isNamed = (value: unknown): value is string => isText(value) && value !== "";

/** As a program would write it, and short. */
export function shown(value: unknown): string {
  if (isText(value)) return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.every(isText) && value.length < 5 ? JSON.stringify(value) : "an array";
  return isObject(value) ? "an object" : String(value);
}

/** The same of what a program's function returned, where an object of some kind was expected. */
export function shownReturn(value: unknown): string {
  if (value === undefined) return "undefined (was a `return` forgotten?)";
  return isObject(value) && !Array.isArray(value) ? "an object of another kind" : shown(value);
}

/** Its digits, as environment variables have them. */
const digits = (value: unknown): string | undefined => (isText(value) && /^\d+$/.test(value) ? value : undefined);
const inList = (value: unknown): string | undefined => (isText(value) ? `[${shown(value)}]` : undefined);

function kind<Value>(expected: string, accepts: (value: unknown) => value is Value): Kind {
  return { expected, accepts };
}

export const any: Kind = { expected: "anything", accepts: () => true };
export const number: Kind = { expected: "a number", accepts: (value) => typeof value === "number", meant: digits };
/** Of a wait that has to end. */
export const time: Kind = { expected: "a number of milliseconds", accepts: (value) => typeof value === "number", meant: digits };
/** Of one that need not. */
export const timeOrNone: Kind = {
  expected: "a number of milliseconds, or false for none",
  accepts: (value) => value === false || typeof value === "number",
  meant: (value) => (value === null ? "false" : digits(value)),
};
export const text: Kind = kind("a string", isText);
/** Of a host to listen on: an empty one would be every address of the machine in one runtime, and none in another. */
export const hostname: Kind = kind("a name or an address", isNamed);
export const unix: Kind = kind("the path of a socket file", isNamed);
export const flag: Kind = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
export const callback: Kind = { expected: "a function", accepts: (value) => typeof value === "function" };
export const texts: Kind = {
  expected: "an array of strings",
  accepts: (value) => Array.isArray(value) && value.every(isText),
  meant: inList,
};

/** An object, whose names are not looked at: it is passed on to the host. */
export const record: Kind = { expected: "an object", accepts: (value) => isObject(value) && !Array.isArray(value) };

export function recordOf(names: Readonly<Record<string, Kind>>): Kind {
  return { ...record, expected: `an object with ${listed(Object.keys(names))}`, names };
}

/** Names that are chosen by `true`. */
export function flagsOf(names: Readonly<Record<string, Kind>>): Kind {
  return {
    ...recordOf(names),
    meant: (value) => {
      const chosen = (Array.isArray(value) ? value : [value]).filter((one) => isText(one) && Object.hasOwn(names, one));
      return chosen.length === 0 ? undefined : `{ ${chosen.map((one) => `${String(one)}: true`).join(", ")} }`;
    },
  };
}

export function oneOf(...values: readonly string[]): Kind {
  return { expected: values.map(shown).join(" or "), accepts: (value) => values.includes(value as string) };
}

/** Pairs, a `Headers`, or an object. */
export const headers: Kind = { expected: "an object or a list of pairs of name and value", accepts: isObject };
export const signal: Kind = kind(
  "an AbortSignal",
  (value): value is object => isObject(value) && "aborted" in value && "addEventListener" in value,
);
export const keepAlive: Kind = {
  ...recordOf({ interval: time, timeout: time }),
  expected: "{ interval, timeout } or false",
  accepts: (value) => value === false || record.accepts(value),
  meant: (value) =>
    value === 0 || value === null ? "false" : typeof value === "number" ? `{ interval: ${value} }` : value === true ? "{}" : undefined,
};
export const extensions: Kind = {
  expected: "an array of extensions",
  accepts: (value) => Array.isArray(value) && value.every((one) => isObject(one) && isText((one as { name?: unknown }).name)),
  meant: (value) => (record.accepts(value) && "name" in (value as object) ? "the same in an array" : undefined),
};
/** Which Origins a server lets in. */
export const allowedOrigins: Kind = {
  expected: '"same", "any", an array of origins or a function',
  accepts: (value) => value === "same" || value === "any" || callback.accepts(value) || texts.accepts(value),
  meant: (value) => (value === "*" || value === true ? '"any"' : inList(value)),
};

export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;
}
