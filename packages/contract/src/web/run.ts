/** Runs the suite of the web platform's interfaces inside this runtime: prints a line of JSON per case, and `{"done":true}`. */
import { loadAdapter, thisRuntime } from "../adapter.ts";
import { CASE_TIMEOUT, type Certificate, withTimeout } from "../case.ts";
import { type Peers, type WebApi, type WebCase, WebTest } from "./case.ts";
import { webSuite } from "./suite.ts";

export interface WebRunOptions {
  readonly peers: Peers;
  readonly certificate: Certificate;
  /** Only those whose name contains this. */
  readonly only?: string;
}

export interface WebResult {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
}

async function main({ peers, certificate, only = "" }: WebRunOptions): Promise<void> {
  const runtime = thisRuntime();
  const adapter = await loadAdapter(runtime);
  const setting = { adapter, runtime, path: "bare", certificate, folder: "" } as const;
  const stray: string[] = [];
  for (const event of ["unhandledRejection", "uncaughtException"]) {
    process.on(event, (error: unknown) => stray.push(String(error instanceof Error ? error.stack : error)));
  }
  const work = async (queue: WebCase[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const test = new WebTest(setting, adapter as unknown as WebApi, peers);
      const { name } = next;
      try {
        await withTimeout(next.run(test), CASE_TIMEOUT);
        report({ name, ok: true });
      } catch (error) {
        report({ name, ok: false, error: String(error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : error) });
      }
      await test.end();
    }
  };
  const selected = webSuite.filter(({ name }) => name.includes(only));
  const queue = selected.filter((one) => one.alone !== true);
  await Promise.all(Array.from({ length: 8 }, () => work(queue)));
  await work(selected.filter((one) => one.alone === true));
  report({ name: "nothing was left unhandled", ok: stray.length === 0, error: stray.join("\n") });
  process.stdout.write(`${JSON.stringify({ done: true })}\n`);
}

function report(result: WebResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

await main(JSON.parse(process.argv[2] ?? "{}") as WebRunOptions);
