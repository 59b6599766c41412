// The search: an input that reaches a place of the sources, or reaches it another number of times, is kept and changed further.

import { mutated, type Random } from "./mutation.ts";

export interface Subject {
  /** Runs one input. @throws when something does not hold */
  execute(input: Uint8Array): void;
  /** How often each place was reached. */
  readonly counters: Uint32Array;
}

export interface Fault {
  readonly input: Uint8Array;
  readonly error: Error;
}

/** How often a place was reached, roughly: a bit each. */
function bucketOf(count: number): number {
  return count < 4 ? 1 << (count - 1) : count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
}

export class Search {
  executions = 0;
  readonly corpus: Uint8Array[] = [];
  readonly #subject: Subject;
  readonly #random: Random;
  /** By place: the buckets that were seen. */
  readonly #seen: Uint8Array;

  constructor(subject: Subject, random: Random) {
    this.#subject = subject;
    this.#random = random;
    this.#seen = new Uint8Array(subject.counters.length);
  }

  /** Places reached. */
  get places(): number {
    return this.#seen.reduce((sum, buckets) => sum + (buckets === 0 ? 0 : 1), 0);
  }

  reached(place: number): boolean {
    return this.#seen[place] !== 0;
  }

  /** Pairs of a place and roughly how often. */
  get edges(): number {
    return this.#seen.reduce((sum, buckets) => sum + buckets.toString(2).replaceAll("0", "").length, 0);
  }

  /** Tries an input, and keeps it when it is worth it. */
  add(input: Uint8Array): Fault | undefined {
    const fault = this.#run(input);
    if (fault === undefined && this.#isNews()) this.corpus.push(input);
    return fault;
  }

  /** Tries one input that nobody has tried. */
  step(): Fault | undefined {
    const { corpus } = this;
    const random = this.#random;
    // Half of the time one of the latest.
    const recent = Math.min(corpus.length, 50);
    const index = random(2) === 0 ? random(corpus.length) : corpus.length - 1 - random(recent);
    return this.add(mutated(corpus[index]!, corpus[random(corpus.length)]!, random));
  }

  /** The same fault by fewer and simpler bytes. */
  minimised({ input, error }: Fault): Fault {
    let least: Fault = { input, error };
    const same = (candidate: Uint8Array): boolean => {
      const fault = this.#run(candidate);
      if (fault === undefined || kindOf(fault.error) !== kindOf(error)) return false;
      least = fault;
      return true;
    };
    shrink(input, same);
    return least;
  }

  /** Fewer and shorter inputs that together reach the same places. */
  minimisedCorpus(): Uint8Array[] {
    const placesOf = (input: Uint8Array): number[] => {
      this.#run(input);
      return Array.from(this.#subject.counters.entries()).flatMap(([place, count]) => (count > 0 ? [place] : []));
    };
    const all = this.corpus.map((input) => ({ input, places: placesOf(input) }));
    all.sort((a, b) => a.input.length - b.input.length);
    const reached = new Set<number>();
    const least: Uint8Array[] = [];
    // The rarest places first: they decide most.
    const rarity = new Map<number, number>();
    for (const { places } of all) for (const place of places) rarity.set(place, (rarity.get(place) ?? 0) + 1);
    for (const [place] of [...rarity].sort((a, b) => a[1] - b[1])) {
      if (reached.has(place)) continue;
      const { input, places } = all.find((one) => one.places.includes(place))!;
      const needed = places.filter((one) => !reached.has(one));
      const short = shrink(input, (candidate) => {
        if (this.#run(candidate) !== undefined) return false;
        return needed.every((one) => this.#subject.counters[one]! > 0);
      });
      least.push(short);
      for (const one of placesOf(short)) reached.add(one);
    }
    return least;
  }

  #run(input: Uint8Array): Fault | undefined {
    this.executions++;
    this.#subject.counters.fill(0);
    try {
      this.#subject.execute(input);
      return undefined;
    } catch (error) {
      return { input, error: error as Error };
    }
  }

  #isNews(): boolean {
    const { counters } = this.#subject;
    let isNews = false;
    for (let place = 0; place < counters.length; place++) {
      const count = counters[place]!;
      if (count === 0) continue;
      const bucket = bucketOf(count);
      if ((this.#seen[place]! & bucket) !== 0) continue;
      this.#seen[place]! |= bucket;
      isNews = true;
    }
    return isNews;
  }
}

/** Of two faults: the same one, in all likelihood. */
function kindOf({ name, message, stack = "" }: Error): string {
  return `${name} ${message.replaceAll(/\d+/g, "#").split(":")[0]} ${/src\/[\w/.-]+:\d+/.exec(stack)?.[0] ?? ""}`;
}

/** Shorter, then with zeros, as long as it `holds`. */
function shrink(input: Uint8Array, holds: (candidate: Uint8Array) => boolean): Uint8Array {
  let least = input;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= least.length;) {
      const candidate = Uint8Array.of(...least.subarray(0, at), ...least.subarray(at + size));
      if (holds(candidate)) least = candidate;
      else at += size;
    }
  }
  for (let at = 0; at < least.length; at++) {
    if (least[at] === 0) continue;
    const candidate = least.slice();
    candidate[at] = 0;
    if (holds(candidate)) least = candidate;
  }
  return least;
}
