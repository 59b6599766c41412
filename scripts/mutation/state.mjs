// Which mutant is the program, and which places were reached: a copy of this lies beside the instrumented sources, which import it.

/** How often each place was reached since they were last set to 0. */
export const counts = new Uint32Array(65_536);

let active = -1;
let left = Infinity;

/** @param most how often the mutant may be reached: more of it is a loop without end */
export function activate(id, most = Infinity) {
  active = id;
  left = most;
}

export function $m(id) {
  counts[id]++;
  return id === active && reached();
}

function reached() {
  if (left-- <= 0) throw new Error("the mutant runs without end");
  return true;
}
