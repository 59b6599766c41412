/** Deno's connections are pairs of streams already. A program: runs the client's cases with them, prints the results as JSON. */
import { connectTarget, type Connection, openConnection, type OpenOptions } from "@ws/endpoint";
import { type StreamPair, streamTransport } from "@ws/endpoint/streams";

import type { Certificate, Target } from "../case.ts";
import { runChecks } from "./check.ts";
import { streamHost } from "./node-streams.ts";
import { streamChecks } from "./stream-cases.ts";

/** What is used of it. */
declare const Deno: {
  readonly args: string[];
  connect(options: { hostname: string; port: number } | { transport: "unix"; path: string }): Promise<DenoConnection>;
  connectTls(options: { hostname: string; port: number; caCerts: string[] }): Promise<DenoConnection>;
};
interface DenoConnection extends StreamPair {
  close(): void;
}

const { target, certificate } = JSON.parse(Deno.args[0]!) as { target: Target; certificate: Certificate };
const host = streamHost();

function openOver(dial: () => Promise<DenoConnection>, to: { host: string; target: string }, options?: OpenOptions): Promise<Connection> {
  return openConnection(
    host,
    to,
    async () => {
      const connection = await dial();
      return streamTransport(connection, {
        destroy() {
          try {
            connection.close();
          } catch {
            // Its streams have closed it.
          }
        },
      });
    },
    options,
  );
}

const results = await runChecks(
  streamChecks({
    host: "deno",
    target,
    open(url, options) {
      const to = connectTarget(new URL(url));
      const { hostname, port, secure } = to;
      return openOver(
        () => (secure ? Deno.connectTls({ hostname, port, caCerts: [certificate.ca] }) : Deno.connect({ hostname, port })),
        to,
        options,
      );
    },
    openUnix: () => openOver(() => Deno.connect({ transport: "unix", path: target.unix }), { host: "localhost", target: "/" }),
  }),
);
console.log(JSON.stringify(results));
