import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";

import { SocketTransport } from "@ws/endpoint/node-http";
import { afterEach, describe, expect, test } from "vitest";

import { makeCertificate } from "../../contract/src/parent.ts";
import { type Kind, Recorder, transportCases } from "../../contract/src/transport-cases.ts";

const certificate = makeCertificate();
const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

/** A raw peer socket and the transport on the other end. */
async function pair(kind: Kind): Promise<{ peer: Socket; transport: SocketTransport; socket: Socket }> {
  const { key, cert, ca } = await certificate;
  const options = { allowHalfOpen: true, noDelay: true };
  const server = kind === "TLS" ? createTlsServer({ ...options, key, cert }) : createServer(options);
  const accepted = once(server, kind === "TLS" ? "secureConnection" : "connection") as Promise<[Socket]>;
  server.listen(kind === "Unix socket" ? { path: join(tmpdir(), `ws-${process.pid}-${Math.random()}.sock`) } : { port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  cleanup.push(() => server.close());
  const address = server.address() as AddressInfo | string;
  const where = typeof address === "string" ? { path: address, allowHalfOpen: true } : { port: address.port, host: "127.0.0.1", allowHalfOpen: true };
  const peer = kind === "TLS" ? connectTls({ ...where, ca, servername: "localhost" }) : connect(where);
  peer.on("error", () => undefined);
  cleanup.push(() => peer.destroy());
  const [[socket]] = await Promise.all([accepted, once(peer, kind === "TLS" ? "secureConnect" : "connect")]);
  const transport = new SocketTransport(socket);
  cleanup.push(() => transport.destroy());
  return { peer, transport, socket };
}

describe.each<Kind>(["TCP", "TLS", "Unix socket"])("a socket transport over %s", (kind) => {
  test.each(transportCases)("$name", async ({ run }) => run(kind, () => pair(kind), true));

  test("leaves no listener of its own on a released socket", async () => {
    const names = ["data", "end", "error", "close", "drain", "readable", "finish"] as const;
    const { transport, socket } = await pair(kind);
    const with_ = names.map((name) => socket.listenerCount(name));
    transport.start(new Recorder());
    transport.release();
    // "error" and "close" were its own from the start.
    expect(names.map((name) => socket.listenerCount(name))).toEqual(with_.map((count, index) => count - (names[index] === "error" || names[index] === "close" ? 1 : 0)));
  });
});
