import { ManualClock as TestKitClock } from "../../src/testing/manual-clock.ts";

/** The test kit's, with what tests of the timers themselves look at. Turns are the host's own: these tests mix them with `settle`. */
export class ManualClock extends TestKitClock {
  /** Calls of `setTimer` so far. */
  timersSet = 0;

  constructor() {
    super(1_000);
  }

  override setTimer(...timer: Parameters<TestKitClock["setTimer"]>): ReturnType<TestKitClock["setTimer"]> {
    this.timersSet++;
    return super.setTimer(...timer);
  }

  override turn(callback: () => void): void {
    setImmediate(callback);
  }

  override settle(): Promise<void> {
    return settle();
  }

  /** Steps of one millisecond: for transports with a delay. */
  async run(milliseconds: number): Promise<void> {
    for (let step = 0; step < milliseconds; step++) await this.advance(1);
  }
}

/** Lets every microtask run that is queued, and those that they queue. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
