/** The driver convention of the Autobahn Testsuite, which `ws-fuzz client` speaks: ask for the number of cases, run each, ask for the report. */

/** As much of a connection as a driver needs; the three adapters' connections all fit. */
export interface DrivenConnection extends AsyncIterable<string | Uint8Array> {
  send(message: string | Uint8Array): "ready" | "full" | "closing";
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
}

export const usage = `Runs every case of ws-fuzz (or of the Autobahn Testsuite's fuzzingserver), echoing each message.

  --url URL      the fuzzing server, e.g. ws://127.0.0.1:9001
  --agent NAME   the name in the report
  --deflate      offer permessage-deflate
  --help         this text
`;

export interface DriverOptions {
  readonly url: string;
  readonly agent: string;
  readonly deflate: boolean;
}

/** What the arguments ask for; a string is a complaint, and undefined a call for help. */
export function parseDriverOptions(args: readonly string[], defaultAgent: string): DriverOptions | string | undefined {
  let url: string | undefined;
  let agent = defaultAgent;
  let deflate = false;
  for (let index = 0; index < args.length; index++) {
    const name = args[index];
    if (name === "--help" || name === "-h") return undefined;
    if (name === "--deflate") {
      deflate = true;
      continue;
    }
    const value = args[++index];
    if (name !== "--url" && name !== "--agent") return `Unknown option ${name}.`;
    if (value === undefined) return `${name} needs a value.`;
    if (name === "--url") url = value;
    else agent = value;
  }
  if (url === undefined) return "Which fuzzing server? --url ws://127.0.0.1:9001";
  return { url: url.replace(/\/+$/, ""), agent, deflate };
}

/** What each case is connected with, in every runtime. */
export function connectOptions({ deflate }: DriverOptions): {
  compress: false | { threshold: number };
  maxMessageBytes: number;
  maxBufferedBytes: number;
  handshakeTimeout: number;
  closeTimeout: number;
} {
  return {
    compress: deflate && { threshold: 0 },
    maxMessageBytes: 64 << 20,
    maxBufferedBytes: 80 << 20,
    // The fuzzer ends each case itself: a busy machine, on which it is late, is no reason to give up before.
    handshakeTimeout: 60_000,
    closeTimeout: 60_000,
  };
}

/** Runs all cases. `connect` rejects when the handshake fails, which many cases mean to happen. */
export async function runCases({ url, agent }: DriverOptions, connect: (url: string) => Promise<DrivenConnection>): Promise<number> {
  const name = encodeURIComponent(agent);
  let count = 0;
  for await (const message of await connect(`${url}/getCaseCount`)) count = Number(message);
  for (let number = 1; number <= count; number++) {
    try {
      const connection = await connect(`${url}/runCase?case=${number}&agent=${name}`);
      for await (const message of connection) {
        if (connection.send(message) === "full") await connection.ready;
      }
      await connection.closed;
    } catch {
      // A failed connection is what the case was about; the server has seen it.
    }
  }
  await (
    await connect(`${url}/updateReports?agent=${name}`)
  ).closed;
  return count;
}
