/**
 * The conversions and property descriptors that the Web IDL Standard demands of an interface (§3.2, §3.7), as far as these interfaces need them.
 */

/** §3.2.10 DOMString. A Symbol is a TypeError. */
export function toDOMString(value: unknown): string {
  return `${value as string}`;
}

/** §3.2.12 USVString: lone surrogates become U+FFFD. */
export function toUSVString(value: unknown): string {
  return (toDOMString(value) as string & { toWellFormed(): string }).toWellFormed();
}

/** §3.2.6 unsigned short with [Clamp]: the nearest integer in range, halves to the even one. */
export function toClampedUnsignedShort(value: unknown): number {
  // A BigInt or a Symbol is a TypeError.
  const number = +(value as number);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 65_535);
  const floor = Math.floor(clamped);
  const rest = clamped - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** §3.2.6 unsigned short with [EnforceRange]: a TypeError when it is out of range. */
export function toEnforcedUnsignedShort(value: unknown, name: string): number {
  const integer = Math.trunc(+(value as number));
  if (!(integer >= 0 && integer <= 65_535)) throw new TypeError(`${name} is not in the range of unsigned short`);
  // Not -0.
  return integer + 0;
}

/** §3.2.6 unsigned short: modulo 2^16. */
export function toUnsignedShort(value: unknown): number {
  const integer = Math.trunc(+(value as number));
  if (!Number.isFinite(integer)) return 0;
  return ((integer % 65_536) + 65_536) % 65_536;
}

/** What Web IDL calls an Object: functions are objects. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** §3.2.18 dictionary: undefined and null are the empty one. */
export function toDictionary(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${name} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

/** §3.2.21 sequence<T>, of what has an iterator. */
export function toSequence<Item>(value: unknown, convert: (item: unknown) => Item, name: string): Item[] {
  if (!isIterable(value)) throw new TypeError(`${name} is not iterable`);
  return Array.from(value, (item) => convert(item));
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  if (!isObject(value)) return false;
  const method = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (method === undefined || method === null) return false;
  if (typeof method !== "function") throw new TypeError("Symbol.iterator is not a function");
  return true;
}

const isView = ArrayBuffer.isView;

function isBuffer(value: unknown): value is ArrayBuffer {
  return hasTag(value, "ArrayBuffer");
}

function isShared(value: ArrayBufferLike): boolean {
  return hasTag(value, "SharedArrayBuffer");
}

/** The internal slot shows in a getter that throws without it, whatever realm the object is from. */
function hasTag(value: unknown, name: "ArrayBuffer" | "SharedArrayBuffer"): boolean {
  const getter = name === "ArrayBuffer" ? bufferLength : sharedLength;
  if (getter === undefined || !isObject(value)) return false;
  try {
    getter.call(value);
    return true;
  } catch {
    return false;
  }
}

const bufferLength = /* @__PURE__ */ lengthGetter(ArrayBuffer.prototype);
// v8 ignore next -- browsers have none for pages that are not isolated
const sharedLength =
  /* @__PURE__ */ typeof SharedArrayBuffer === "undefined" ? undefined : /* @__PURE__ */ lengthGetter(SharedArrayBuffer.prototype);

function lengthGetter(prototype: object): (() => number) | undefined {
  return Object.getOwnPropertyDescriptor(prototype, "byteLength")?.get;
}

/**
 * §3.2.25 BufferSource, without [AllowShared] and [AllowResizable]: a copy of the bytes, or undefined for what is neither buffer nor view. A
 * SharedArrayBuffer is neither; a view of one, and all that is resizable, is a TypeError. What is detached has no bytes.
 */
export function copyOfBufferSource(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (isView(value)) {
    const { buffer, byteLength } = value;
    if (isShared(buffer)) throw new TypeError("a view of a SharedArrayBuffer cannot be sent: its bytes may change meanwhile");
    refuseResizable(buffer);
    return byteLength === 0 ? new Uint8Array(0) : new Uint8Array(buffer, value.byteOffset, byteLength).slice();
  }
  if (!isBuffer(value)) return undefined;
  refuseResizable(value);
  return value.byteLength === 0 ? new Uint8Array(0) : new Uint8Array(value).slice();
}

function refuseResizable(buffer: ArrayBufferLike): void {
  if ((buffer as { resizable?: boolean }).resizable === true) throw new TypeError("a resizable ArrayBuffer cannot be sent");
}

/** §3.7.1: an operation called with too few arguments is a TypeError. */
export function requireArgument(given: number, what: string): void {
  if (given < 1) throw new TypeError(`${what}: 1 argument required, but only 0 present`);
}

export interface InterfaceShape {
  readonly name: string;
  /** §3.7.3: on the interface object and on its prototype, neither writable nor configurable. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Members beyond the standard: not enumerable, so that what enumerates the members sees those of the standard. */
  readonly extensions?: readonly string[];
}

/** Gives a class the property descriptors of a Web IDL interface (§3.7). */
export function defineInterface(
  constructor: { readonly prototype: object },
  { name, constants = {}, extensions = [] }: InterfaceShape,
): void {
  const { prototype } = constructor;
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (key === "constructor" || extensions.includes(key)) continue;
    Object.defineProperty(prototype, key, { ...descriptor, enumerable: true });
  }
  for (const [key, value] of Object.entries(constants)) {
    const descriptor = { value, writable: false, enumerable: true, configurable: false };
    Object.defineProperty(constructor, key, descriptor);
    Object.defineProperty(prototype, key, descriptor);
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, writable: false, enumerable: false, configurable: true });
  // A class defined in a function may have been given another name by a bundler.
  Object.defineProperty(constructor, "name", { value: name, writable: false, enumerable: false, configurable: true });
}
