/** Constructors that only this package calls. Types hide them; called by a program that has none, they throw. */
export const made: unique symbol = /* @__PURE__ */ Symbol("made here");

/** @throws TypeError */
export function requireProof(proof: typeof made, message: string): void {
  if (proof !== made) throw new TypeError(message);
}
