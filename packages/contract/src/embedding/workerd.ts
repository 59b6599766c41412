/** Starts workerd with the portable part, a client and a server in it. Runs on Node. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import type { Certificate } from "../case.ts";
import { bundles } from "./bundle.ts";

const binary = fileURLToPath(new URL("../../../../node_modules/.bin/workerd", import.meta.url));

/** Every listener picks a free port of 127.0.0.1. */
const config = (unix: string): string => `
using Workerd = import "/workerd/workerd.capnp";

const tls :Workerd.TlsOptions = (
  keypair = (privateKey = embed "key.pem", certificateChain = embed "cert.pem"),
  trustedCertificates = [embed "ca.pem"],
);

const config :Workerd.Config = (
  services = [
    (name = "portable", worker = (compatibilityDate = "2026-11-01", modules = [
      (name = "main.js", esModule = "import { run } from './portable.js'; export default { fetch: async () => Response.json(await run()) };"),
      (name = "portable.js", esModule = embed "portable.js"),
    ])),
    (name = "client", worker = (compatibilityDate = "2026-11-01", globalOutbound = "local",
      bindings = [(name = "UNIX", service = "unix"), (name = "SERVER", service = "server")],
      modules = [(name = "client.js", esModule = embed "client.js")])),
    (name = "server", worker = (compatibilityDate = "2026-11-01",
      modules = [(name = "server.js", esModule = embed "server.js")])),
    (name = "local", network = (allow = ["local"], tlsOptions = .tls)),
    (name = "unix", external = (address = ${JSON.stringify(`unix:${unix}`)}, tcp = ())),
  ],
  sockets = [
    (name = "portable", address = "127.0.0.1:0", http = (), service = "portable"),
    (name = "client", address = "127.0.0.1:0", http = (), service = "client"),
    (name = "tcp", address = "127.0.0.1:0", tcp = (), service = "server"),
    (name = "tls", address = "127.0.0.1:0", tcp = (tlsOptions = .tls), service = "server"),
  ],
);
`;

const socketNames = ["portable", "client", "tcp", "tls"] as const;

export interface Workerd {
  readonly ports: Record<(typeof socketNames)[number], number>;
  stop(): Promise<void>;
}

/** @param unix path of the Unix socket that the client can reach */
export async function startWorkerd(certificate: Certificate, unix: string): Promise<Workerd> {
  const folder = mkdtempSync(join(tmpdir(), "ws-workerd-"));
  const { portable, client, server } = await bundles();
  const files = {
    "config.capnp": config(unix),
    "portable.js": portable,
    "client.js": client,
    "server.js": server,
    "key.pem": certificate.key,
    "cert.pem": certificate.cert,
    "ca.pem": certificate.ca,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

  const child = spawn(binary, ["serve", "--control-fd=3", join(folder, "config.capnp")], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr!.on("data", (text: Buffer) => {
    complaints += text.toString();
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ports = await new Promise<Workerd["ports"]>((resolve, reject) => {
    const found: Partial<Workerd["ports"]> = {};
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const { event, socket, port } = JSON.parse(line) as { event: string; socket: keyof Workerd["ports"]; port: number };
      if (event === "listen") found[socket] = port;
      if (socketNames.every((name) => found[name] !== undefined)) resolve(found as Workerd["ports"]);
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`workerd did not serve:\n${complaints}`)));
  });
  return {
    ports,
    async stop() {
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(killer);
      rmSync(folder, { recursive: true });
    },
  };
}
