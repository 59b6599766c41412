/** The Transport port, held against a raw peer: what every adapter's transports do, over TCP, TLS and Unix sockets. */
import { withTimeout } from "./case.ts";
import { loss } from "./transport-cases/loss.ts";
import type { Kind, TransportCase, TransportPair } from "./transport-cases/record.ts";
import { streaming } from "./transport-cases/streaming.ts";

export { type Kind, Recorder, type TransportPair } from "./transport-cases/record.ts";

export const transportCases: readonly TransportCase[] = [...streaming, ...loss];

/** Runs all of them in this runtime and prints a line of JSON for each. `pair` makes a fresh pair and says how to get rid of it. */
export async function runTransportCases(
  kinds: readonly Kind[],
  pair: (kind: Kind, defer: (step: () => unknown) => void) => Promise<TransportPair>,
  canReset: boolean,
  /** Behind the kind, in the report. */
  by = "",
): Promise<void> {
  for (const kind of kinds) {
    for (const one of transportCases) {
      const cleanup: (() => unknown)[] = [];
      let error: string | undefined;
      try {
        await withTimeout(
          one.run(kind, () => pair(kind, (step) => cleanup.push(step)), canReset),
          60_000,
        );
      } catch (thrown) {
        error = thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ""}` : String(thrown);
      }
      for (const step of cleanup.reverse()) await step();
      process.stdout.write(`${JSON.stringify({ kind: kind + by, name: one.name, ok: error === undefined, error })}\n`);
    }
  }
}
