/**
 * A part of the vectors and properties that needs nothing but ECMAScript, so that any host can be asked to run it: what a check is, and
 * what checks compare with. Nothing here may use a global of Node, a browser or a worker.
 */
export interface Check {
  readonly name: string;
  run(): void | Promise<void>;
}

export interface Result {
  readonly name: string;
  readonly ok: boolean;
  /** What was wrong; empty when nothing was. */
  readonly message: string;
}

export function check(name: string, run: () => void | Promise<void>): Check {
  return { name, run };
}

/** Runs checks one after the other. */
export async function runChecks(checks: readonly Check[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, run } of checks) {
    try {
      await run();
      results.push({ name, ok: true, message: "" });
    } catch (error) {
      results.push({ name, ok: false, message: error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error) });
    }
  }
  return results;
}

/** Compares by value: bytes, arrays, plain objects. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`);
}

/** Calls `run`, which has to throw an error of this name. */
export function throws(run: () => unknown, name: string, what: string): void {
  try {
    run();
  } catch (error) {
    equal((error as Error).name, name, what);
    return;
  }
  throw new Error(`${what}: nothing was thrown`);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? `bytes ${toHex(part)}` : part === undefined ? "undefined" : part,
  );
}

/** Bytes from hex; spaces are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function fromAscii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** `bytes` in pieces of `size`, each in an array of its own: decoders change what they are given. */
export function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.slice(start, start + size));
  return chunks;
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** The same numbers in every host: a linear congruential generator, of which the upper bits are used. */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits. */
  next(): number {
    const high = this.#step() >>> 16;
    return ((high << 16) | (this.#step() >>> 16)) >>> 0;
  }

  /** 0 to `below` - 1. */
  below(below: number): number {
    return this.next() % below;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() >>> 24);
  }

  #step(): number {
    return (this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0);
  }
}
