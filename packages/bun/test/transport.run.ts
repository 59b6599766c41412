/** Run in Bun by transport.test.ts: the transport cases against Bun's sockets. The argument is a certificate as JSON. */
import { mkdtempSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";

import { SocketTransport } from "@ws/endpoint/internal/node-http";

import type { Certificate } from "../../contract/src/case.ts";
import { socketPair } from "../../contract/src/transport-cases/by-node-net.ts";
import { type Kind, runTransportCases, type TransportPair } from "../../contract/src/transport-cases.ts";
import { BunTransport, socketHandlers } from "../src/socket-transport.ts";

const certificate = JSON.parse(process.argv[2]!) as Certificate;
const { key, cert, ca } = certificate;
const folder = mkdtempSync(join(tmpdir(), "ws-bun-"));
let sockets = 0;

async function pair(kind: Kind, defer: (step: () => unknown) => void): Promise<TransportPair> {
  let accepted!: (transport: BunTransport) => void;
  const accepting = new Promise<BunTransport>((resolve) => (accepted = resolve));
  const socket = {
    ...socketHandlers,
    open: (opened: Bun.Socket<BunTransport>) => {
      opened.data = new BunTransport(opened, kind === "TLS");
      accepted(opened.data);
    },
  };
  const common = { socket, allowHalfOpen: true, ...(kind === "TLS" ? { tls: { key, cert } } : {}) };
  const unix = join(folder, `${sockets++}.sock`);
  const listener = Bun.listen(
    (kind === "Unix socket" ? { ...common, unix } : { ...common, hostname: "127.0.0.1", port: 0 }) as never,
  ) as Bun.TCPSocketListener;
  defer(() => listener.stop());
  const where =
    kind === "Unix socket" ? { path: unix, allowHalfOpen: true } : { port: listener.port, host: "127.0.0.1", allowHalfOpen: true };
  const peer: Socket = kind === "TLS" ? connectTls({ ...where, ca, servername: "localhost" }) : connect(where);
  peer.on("error", () => undefined);
  defer(() => peer.destroy());
  await new Promise((resolve) => peer.once(kind === "TLS" ? "secureConnect" : "connect", resolve));
  const transport = await accepting;
  defer(() => transport.destroy());
  return { peer, transport };
}

await runTransportCases(["TCP", "TLS", "Unix socket"], pair, true);
await runTransportCases(
  ["TCP", "TLS", "Unix socket"],
  async (kind, defer) => {
    const { peer, socket } = await socketPair(kind, certificate, defer);
    const transport = new SocketTransport(socket);
    defer(() => transport.destroy());
    return { peer, transport };
  },
  true,
  " by node:net",
);
process.exit();
