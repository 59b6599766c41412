import type { Header } from "./header.ts";

/**
 * Header fields in their order, to be looked up by name as well: names are case-insensitive (RFC 9110 §5.1). An array as `new Headers(list)` takes it.
 */
export interface HeaderList extends Array<[name: string, value: string]> {
  /** The values of all fields of this name as one list, joined by commas (RFC 9110 §5.2). `null`: there is none. */
  get(name: string): string | null;
  /** The values of all fields of this name, in order. */
  getAll(name: string): string[];
}

class Fields extends Array<[name: string, value: string]> implements HeaderList {
  /** What `map` and `filter` give is no list of fields any more. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  get(name: string): string | null {
    const values = this.getAll(name);
    return values.length === 0 ? null : values.join(", ");
  }

  getAll(name: string): string[] {
    const lowerCase = name.toLowerCase();
    const values: string[] = [];
    for (const [fieldName, value] of this) {
      if (fieldName.length === lowerCase.length && fieldName.toLowerCase() === lowerCase) values.push(value);
    }
    return values;
  }
}

/** The same fields with the two look-ups. A copy, unless they have them already. */
export function headerList(fields: readonly Header[]): HeaderList {
  if (fields instanceof Fields) return fields;
  const list = new Fields();
  for (const field of fields) list.push(field as [string, string]);
  return list;
}
