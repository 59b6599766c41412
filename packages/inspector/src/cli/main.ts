#!/usr/bin/env node
/** `ws-inspector`: the command line. */
import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";

import { freePortNear } from "./free-port.ts";
import { startInspector, type Inspector, type InspectorOptions } from "./inspector.ts";

const HELP = `ws-inspector: shows a WebSocket conversation, bit by bit, while it passes.

Usage: ws-inspector --target ws://host:port [--port N]

Point your client at the inspector's port instead of the server's, and open
the same address in a browser. Every octet is forwarded unchanged.

  --target URL      ws:// or wss://, without a path (the client's is used). May be
                    given several times, as name=URL too; the page chooses.
  --port N          Port to listen on. Default: 6455. 0: any free one.
  --host ADDRESS    Address to listen on. Default: 127.0.0.1. Whoever reaches
                    it can read every conversation.
  --rewrite-host    Replace Host and Origin by the target's: for servers that
                    insist on them. The page shows both values.
  --insecure        Accept any certificate of a wss:// target.
  --ca FILE         Trust the certificates in this PEM file too.
  --keep-payload N  Octets kept of each frame's payload. Default: 262144.
  --history N       Octets of history kept for the page. Default: 33554432.
  --help            This text.
`;

const DEFAULT_PORT = 6455;

class UsageError extends Error {}

function readArguments(args: readonly string[]): InspectorOptions | "help" {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        target: { type: "string", multiple: true },
        port: { type: "string", default: String(DEFAULT_PORT) },
        host: { type: "string" },
        "rewrite-host": { type: "boolean", default: false },
        insecure: { type: "boolean", default: false },
        ca: { type: "string" },
        "keep-payload": { type: "string" },
        history: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
  if (values.help) return "help";
  if (values.target === undefined) throw new UsageError("--target is missing: where does your WebSocket server listen?");
  return {
    targets: values.target,
    port: count("--port", values.port, 65_535),
    rewriteHost: values["rewrite-host"],
    insecure: values.insecure,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.ca === undefined ? {} : { ca: readCa(values.ca) }),
    ...(values["keep-payload"] === undefined ? {} : { keepPayload: count("--keep-payload", values["keep-payload"]) }),
    ...(values.history === undefined ? {} : { history: count("--history", values.history) }),
  };
}

function count(name: string, text: string, largest = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > largest)
    throw new UsageError(`${name} takes a whole number from 0 to ${String(largest)}, not "${text}".`);
  return value;
}

function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--ca: ${(error as Error).message}`, { cause: error });
  }
}

async function explain(error: unknown, options: InspectorOptions | undefined): Promise<string> {
  if (error instanceof UsageError || error instanceof TypeError) return `${error.message}\nws-inspector --help lists the options.`;
  const { code, message } = error as NodeJS.ErrnoException;
  const port = options?.port ?? DEFAULT_PORT;
  if (code === "EADDRINUSE") {
    const free = await freePortNear(port, options?.host);
    return `Port ${String(port)} is in use by another program. Try: --port ${String(free)}`;
  }
  if (code === "EACCES") return `Listening on port ${String(port)} is not allowed; take one above 1023.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `This machine has no address "${options?.host ?? ""}" to listen on.`;
  return message;
}

async function main(): Promise<void> {
  let options: InspectorOptions | "help" | undefined;
  let inspector: Inspector;
  try {
    options = readArguments(process.argv.slice(2));
    if (options === "help") {
      process.stdout.write(HELP);
      return;
    }
    inspector = await startInspector(options);
  } catch (error) {
    console.error(await explain(error, options === "help" ? undefined : options));
    process.exitCode = 2;
    return;
  }
  console.log(`Inspector  ${inspector.url}`);
  for (const { name, url } of inspector.targets) console.log(`Target     ${url}${url.endsWith(name) ? "" : ` (${name})`}`);
  console.log(`Connect your client to ws://${new URL(inspector.url).host} instead; Ctrl-C ends.`);

  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    void inspector.close();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

await main();
