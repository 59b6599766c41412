/**
 * Anything with `{ readable, writable }` carries a connection: workerd's sockets in both roles, Deno's connections, and Node's sockets as WHATWG
 * streams; over TCP, TLS and Unix sockets. (Pairs of TransformStreams: packages/endpoint/test/streams.test.ts.)
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { type Connection, listenWith } from "@ws/endpoint";
import { connect, HandshakeError } from "@ws/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Certificate, equal, pattern } from "../src/case.ts";
import { type Result, runChecks } from "../src/embedding/check.ts";
import { streamHost, openOverStreams, openUnixOverStreams, streamBinding } from "../src/embedding/node-streams.ts";
import { streamCases, streamChecks } from "../src/embedding/stream-cases.ts";
import { startWorkerd, type Workerd } from "../src/embedding/workerd.ts";
import { makeCertificate, type RunningServer, runtimes, startServers } from "../src/parent.ts";

let certificate: Certificate;
let servers: RunningServer;
let workerd: Workerd;
const folder = mkdtempSync(join(tmpdir(), "ws-streams-"));

beforeAll(async () => {
  certificate = await makeCertificate();
  servers = await startServers("Node 26", "bare", certificate);
  workerd = await startWorkerd(certificate, servers.target.unix);
});
afterAll(async () => {
  await workerd.stop();
  await servers.stop();
  rmSync(folder, { recursive: true });
});

const clients: Record<string, () => Promise<Result[]>> = {
  workerd: async () =>
    (await (
      await fetch(`http://127.0.0.1:${workerd.ports.client}/`, { method: "POST", body: JSON.stringify(servers.target) })
    ).json()) as Result[],
  "Deno's connections": async () => {
    const [deno, ...options] = runtimes.Deno;
    const program = fileURLToPath(new URL("../src/embedding/deno-streams.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(deno, [...options, program, JSON.stringify({ target: servers.target, certificate })]);
    return JSON.parse(stdout) as Result[];
  },
  "Node's sockets as streams": () => {
    const host = streamHost();
    const { target } = servers;
    return runChecks(
      streamChecks({
        host: "node",
        target,
        open: (url, options) => openOverStreams(host, url, certificate, options),
        openUnix: () => openUnixOverStreams(host, target.unix),
      }),
    );
  },
};

describe.each(Object.entries(clients))("client over streams: %s", (_name, run) => {
  let results: Result[] = [];
  beforeAll(async () => {
    results = await run();
  });
  test.each(streamCases.map(({ name }) => name))("%s", (name) => {
    expect(results.find((result) => result.name === name)).toMatchObject({ ok: true, message: "" });
  });
});

/** Sends and takes back, and closes. */
async function expectEcho(connection: Connection): Promise<void> {
  const messages = ["Hello, 世界 🙂", "", pattern(125), pattern(126), pattern(65_536), pattern(1 << 20)];
  for (const message of messages) connection.send(message);
  const received: (string | Uint8Array)[] = [];
  for await (const message of connection) if (received.push(message) === messages.length) connection.close(1000);
  for (const [index, message] of received.entries()) equal(message, messages[index], `message ${index}`);
  expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
}

describe("a server in workerd, on its raw TCP listener", () => {
  const url = (path = "/"): string => `ws://127.0.0.1:${workerd.ports.tcp}${path}`;

  test("echoes, with subprotocol and compression agreed on", async () => {
    const connection = await connect(url(), { subprotocols: ["superchat", "chat"], compress: true });
    expect([connection.subprotocol, connection.extensions]).toEqual(["chat", "permessage-deflate"]);
    await expectEcho(connection);
  });

  test("echoes over TLS", async () => {
    await expectEcho(await connect(`wss://localhost:${workerd.ports.tls}/`, { tls: { ca: certificate.ca } }));
  });

  test("echoes to another worker, which reaches it by a service binding", async () => {
    const response = await fetch(`http://127.0.0.1:${workerd.ports.client}/worker`);
    expect(await response.json()).toEqual([{ name: "echo", ok: true, message: "" }]);
  });

  test("knows its peer's address", async () => {
    const connection = await connect(url("/address"));
    for await (const message of connection) {
      expect(message).toMatch(/^127\.0\.0\.1:\d+$/);
      connection.close();
    }
  });

  test("§7.1 closes with a code and a reason", async () => {
    const connection = await connect(url("/close"));
    expect(await connection.closed).toMatchObject({ code: 4001, reason: "as asked", wasClean: true, initiator: "remote" });
  });

  test("§7.1.7 fails what breaks a rule, and ends the TCP connection", async () => {
    const connection = await connect(url());
    const { port } = new URL(url());
    const socket = connectTcp(Number(port), "127.0.0.1");
    const pieces: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => pieces.push(bytes));
    socket.write(
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    socket.write(Buffer.from("8100", "hex"));
    await new Promise((resolve) => socket.once("end", resolve));
    socket.destroy();
    const received = Buffer.concat(pieces);
    const head = received.indexOf("\r\n\r\n") + 4;
    expect(received.subarray(0, head).toString()).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect([received[head], received.readUInt16BE(head + 2)]).toEqual([0x88, 1002]);
    // Another connection is another event, and goes on.
    await expectEcho(connection);
  });

  test("refuses", async () => {
    const refusal = connect(url("/refuse"));
    await expect(refusal).rejects.toBeInstanceOf(HandshakeError);
    await expect(refusal).rejects.toMatchObject({ status: 403 });
  });
});

describe("a server over streams behind a listener of one's own", () => {
  test.each(["tcp", "tls", "unix"] as const)("echoes over %s, and closes with 1001", async (kind) => {
    const path = join(folder, "server.sock");
    const binding = streamBinding(kind === "unix" ? { path } : kind, certificate);
    const server = await listenWith(
      streamHost(),
      binding,
      {},
      { message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined) },
    );
    const open = (): Promise<Connection> => {
      if (kind === "unix") return connect("ws://localhost/", { unix: path });
      return kind === "tls" ? connect(server.url, { tls: { ca: certificate.ca } }) : connect(server.url);
    };
    await expectEcho(await open());
    const left = await open();
    await server.close();
    expect(await left.closed).toMatchObject({ code: 1001, wasClean: true });
    expect(server.connections.size).toBe(0);
  });
});
