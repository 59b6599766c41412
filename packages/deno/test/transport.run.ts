/** Run in Deno by transport.test.ts: the transport cases against Deno's connections. The argument is a certificate as JSON. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { SocketTransport } from "@ws/endpoint/internal/node-http";

import type { Certificate } from "../../contract/src/case.ts";
import { socketPair } from "../../contract/src/transport-cases/by-node-net.ts";
import { type Kind, runTransportCases, type TransportPair } from "../../contract/src/transport-cases.ts";
import { ConnTransport } from "../src/conn-transport.ts";

const certificate = JSON.parse(Deno.args[0]!) as Certificate;
const { key, cert, ca } = certificate;

function listener(kind: Kind): Deno.Listener {
  switch (kind) {
    case "TCP":
      return Deno.listen({ hostname: "127.0.0.1", port: 0 });
    case "TLS":
      return Deno.listenTls({ hostname: "127.0.0.1", port: 0, key, cert });
    case "Unix socket":
      return Deno.listen({ transport: "unix", path: `${Deno.makeTempDirSync()}/t.sock` });
  }
}

async function pair(kind: Kind, defer: (step: () => unknown) => void): Promise<TransportPair> {
  const listening = listener(kind);
  defer(() => listening.close());
  const address = listening.addr as unknown as { port: number; path: string };
  const where =
    kind === "Unix socket" ? { path: address.path, allowHalfOpen: true } : { port: address.port, host: "127.0.0.1", allowHalfOpen: true };
  const peer: Socket = kind === "TLS" ? connectTls({ ...where, ca, servername: "localhost" }) : connect(where);
  peer.on("error", () => undefined);
  defer(() => peer.destroy());
  const connected = new Promise((resolve) => peer.once(kind === "TLS" ? "secureConnect" : "connect", resolve));
  const conn = await listening.accept();
  if (kind === "TLS") await (conn as Deno.TlsConn).handshake();
  await connected;
  const transport = new ConnTransport(conn);
  defer(() => transport.destroy());
  return { peer, transport };
}

await runTransportCases(["TCP", "TLS", "Unix socket"], pair, false);
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
