// In which order tests try the mutants of a file: few that reach all of it first, and what only goes the same ways again last.

/** Of each test, whatever it does (ms). */
const OVERHEAD = 0.3;

/** So many are chosen one by one; those behind them are tried in the order of what they cost. */
const CHOSEN = 150;

/** @returns for each file the place of each test in its order */
export function ranksByFile(mutants, tests) {
  const fileOf = mutants.map(({ file }) => file);
  const byFile = new Map();
  for (const { test, took, reached } of tests) {
    for (const [file, places] of Map.groupBy(reached, ([id]) => fileOf[id])) {
      if (!byFile.has(file)) byFile.set(file, []);
      byFile.get(file).push({ test, cost: took + OVERHEAD, places: places.map(([id]) => id) });
    }
  }
  return new Map([...byFile].map(([file, own]) => [file, new Map(inOrder(own).map(({ test }, rank) => [test, rank]))]));
}

/** Always the one that reaches most of what has not been reached, for its cost; when all of it has been, the same begins again. */
function inOrder(tests) {
  const left = new Set(tests);
  const chosen = [];
  let reached = new Set();
  while (left.size > 0 && chosen.length < CHOSEN) {
    const best = bestOf(left, reached);
    if (best === undefined) {
      reached = new Set();
      continue;
    }
    left.delete(best);
    chosen.push(best);
    for (const id of best.places) reached.add(id);
  }
  return [...chosen, ...[...left].toSorted((a, b) => a.cost - b.cost)];
}

function bestOf(tests, reached) {
  let best = undefined;
  let most = 0;
  for (const test of tests) {
    // No more than all of its places can be new.
    if (test.places.length / test.cost <= most) continue;
    let fresh = 0;
    for (const id of test.places) if (!reached.has(id)) fresh++;
    if (fresh / test.cost <= most) continue;
    most = fresh / test.cost;
    best = test;
  }
  return best;
}
