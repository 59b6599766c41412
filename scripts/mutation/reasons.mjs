// Why a mutant is the same program: reasons.json, a list for each file. An entry names the place, the text, and the change; without `change` it is for all
// changes of that text, and `place` may be a class for all its members.
import { readFileSync } from "node:fs";

export const reasons = JSON.parse(readFileSync(new URL("reasons.json", import.meta.url), "utf8"));

export function reasonOf(mutant) {
  return (reasons[mutant.file] ?? []).find((entry) => fits(entry, mutant))?.because;
}

function fits({ place, text, change, nth }, mutant) {
  return (
    place === mutant.place &&
    text === mutant.text &&
    (change === undefined || change === mutant.change) &&
    (nth === undefined || nth === (mutant.nth ?? 1))
  );
}

/** Entries that are about nothing any more, of the files that these mutants are of. */
export function unusedReasons(mutants) {
  const byFile = Map.groupBy(mutants, ({ file }) => file);
  return [...byFile].flatMap(([file, own]) => (reasons[file] ?? []).filter((entry) => !own.some((mutant) => fits(entry, mutant))));
}
