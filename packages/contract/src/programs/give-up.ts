/** A program that does nothing but connect: to nowhere, or to `wss:` at a port that never answers. Prints why that failed. */
import { Duplex } from "node:stream";

import { loadAdapter, thisRuntime } from "../adapter.ts";

const [how, port] = process.argv.slice(2);
const { connect } = await loadAdapter(thisRuntime());
const silent = (): Duplex => new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
const streams = { never: () => new Promise<never>(() => undefined), silent };
const createConnection = how === "tls" ? undefined : streams[how as keyof typeof streams];
try {
  await connect(how === "tls" ? `wss://127.0.0.1:${port}/` : "ws://127.0.0.1/", { handshakeTimeout: 300, createConnection });
} catch (error) {
  console.log(String((error as { code?: unknown }).code));
}
