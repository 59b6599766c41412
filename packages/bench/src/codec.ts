/** The codec alone: one program measures all its cases, so there are no rounds to take turns in here. */
import { runLines, summarise } from "./process.ts";
import type { CodecCase, CodecTask } from "./programs/codec.ts";
import type { Measurement } from "./run.ts";

const allSizes = [16, 64, 256, 1024, 4096, 16_384, 65_536, 1 << 20];
/** Those of the goals. */
const goalSizes = [64, 1024, 65_536];

export async function measureCodec(quick: boolean): Promise<Measurement[]> {
  const sizes = quick ? goalSizes : allSizes;
  const measurements: Measurement[] = [];
  // A process for each size: what the compiler learnt from one does not help or harm the next.
  for (const size of sizes) {
    const task: CodecTask = quick ? { sizes: [size], rounds: 3, milliseconds: 25 } : { sizes: [size], rounds: 3, milliseconds: 40 };
    for (const { id, title, rates } of await runLines<CodecCase>("node", "src/programs/codec.ts", task, "server")) {
      const figures = Object.fromEntries(
        Object.entries(rates).map(([name, values]) => {
          const summary = summarise(values);
          return [name, { ...summary, serverCost: 1e6 / summary.median }];
        }),
      );
      measurements.push({ workload: id, title, unit: "messages/s", figures, failed: {} });
    }
  }
  return measurements;
}
