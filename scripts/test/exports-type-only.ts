/** For exports.test.ts: what it has to find. */
class Shown {
  readonly shown = true;
}

export const value = 1;
export type { Shown };
