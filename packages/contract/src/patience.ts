/**
 * How patient tests are: the one place where their deadlines meet the speed of the machine. A deadline only ends a test that hangs, so a
 * long one costs nothing when all is well.
 */
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";

/** ms of processor time. */
const SPIN = 50;

/** How slow the machine is now: the time a spin takes for each ms of processor time it has used. 1: nobody else wants the processor. */
function slowness(): number {
  const [start, used] = [performance.now(), process.cpuUsage()];
  for (;;) {
    const { user, system } = process.cpuUsage(used);
    const taken = performance.now() - start;
    // A clock of processor time that stands still measures nothing.
    if (user + system >= SPIN * 1000 || taken > 20 * SPIN) return taken / SPIN;
  }
}

/** The same for all processes of a run: who starts it measures (1: a quiet machine), and all that it starts inherit the figure. */
export const patience: number = Number(process.env["TEST_PATIENCE"]) || Math.max(1, loadavg()[0]! / availableParallelism(), slowness());
process.env["TEST_PATIENCE"] = String(patience);

/** A deadline of a test, in ms: so long on a quiet machine, in proportion on a busy one. */
export function deadline(ms: number): number {
  // The longest that a timer can wait.
  return Math.min(Math.round(ms * patience), 2 ** 31 - 1);
}
