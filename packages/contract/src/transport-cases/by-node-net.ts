/** A socket of `node:net` or `node:tls` with a raw peer, in whatever runtime this is: for the transport that all of them share. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";

import type { Certificate } from "../case.ts";
import type { Kind } from "./record.ts";

export async function socketPair(
  kind: Kind,
  { key, cert, ca }: Certificate,
  defer: (step: () => unknown) => void,
): Promise<{ peer: Socket; socket: Socket }> {
  const options = { allowHalfOpen: true, noDelay: true };
  const server = kind === "TLS" ? createTlsServer({ ...options, key, cert }) : createServer(options);
  const accepted = new Promise<Socket>((resolve) => server.once(kind === "TLS" ? "secureConnection" : "connection", resolve));
  const path = join(tmpdir(), `ws-${process.pid}-${Math.random()}.sock`);
  await new Promise<void>((resolve) => server.listen(kind === "Unix socket" ? { path } : { port: 0, host: "127.0.0.1" }, resolve));
  defer(() => server.close());
  const where = {
    allowHalfOpen: true,
    ...(kind === "Unix socket" ? { path } : { port: (server.address() as AddressInfo).port, host: "127.0.0.1" }),
  } as { port: number; allowHalfOpen: boolean };
  const peer: Socket = kind === "TLS" ? connectTls({ ...where, ca, servername: "localhost" }) : connect(where);
  peer.on("error", () => undefined);
  defer(() => peer.destroy());
  await new Promise((resolve) => peer.once(kind === "TLS" ? "secureConnect" : "connect", resolve));
  return { peer, socket: await accepted };
}
