import type { Socket } from "node:net";

import { SocketTransport } from "@ws/endpoint/internal/node-http";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { makeCertificate } from "../../contract/src/parent.ts";
import { socketPair } from "../../contract/src/transport-cases/by-node-net.ts";
import { type Kind, Recorder, transportCases } from "../../contract/src/transport-cases.ts";

import { directReads } from "../../endpoint/src/node-http/direct-reads.ts";

const certificate = makeCertificate();
beforeAll(async () => expect(await directReads()).toBe(true));
const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

/** A raw peer socket and the transport on the other end. */
async function pair(kind: Kind): Promise<{ peer: Socket; transport: SocketTransport; socket: Socket }> {
  const { peer, socket } = await socketPair(kind, await certificate, (step) => cleanup.push(step));
  const transport = new SocketTransport(socket);
  cleanup.push(() => transport.destroy());
  return { peer, transport, socket };
}

/** As behind a handshake on a port that serves HTTP as well: started a second time, and something has been read since. */
async function establishedPair(kind: Kind): Promise<{ peer: Socket; transport: SocketTransport }> {
  const { peer, transport } = await pair(kind);
  const before = new Recorder();
  transport.start(new Recorder());
  transport.start(before);
  peer.write("before");
  await vi.waitFor(() => expect(before.text).toBe("before"));
  return { peer, transport };
}

describe.each<Kind>(["TCP", "TLS", "Unix socket"])("a socket transport over %s", (kind) => {
  test.each([
    ["from the start", pair],
    ["when it is started a second time", establishedPair],
  ])("reads into the buffer that all sockets share %s, on TLS into memory of its own", async (_, open) => {
    const { peer, transport } = await open(kind);
    let chunk: Uint8Array | undefined;
    transport.start(Object.assign(new Recorder(), { received: (bytes: Uint8Array) => (chunk = bytes) }));
    expect(transport.borrowed).toBe(kind !== "TLS");
    peer.write("shared");
    await vi.waitFor(() => expect(chunk).toBeDefined());
    expect(chunk!.constructor).toBe(Uint8Array);
    expect(new TextDecoder().decode(chunk)).toBe("shared");
    const { peer: other, transport: second } = await open(kind);
    const record = new Recorder();
    second.start(record);
    other.write("others");
    await vi.waitFor(() => expect(record.text).toBe("others"));
    // A recorder overwrites what it was lent.
    expect(chunk).toEqual(kind === "TLS" ? new TextEncoder().encode("shared") : new Uint8Array(6).fill(0xdd));
  });

  test("a pause within the first read behind the handshake holds, and reading goes on in the buffer that all share", async () => {
    const { peer, transport } = await pair(kind);
    let length = 0;
    const record = new Recorder();
    transport.start(new Recorder());
    transport.start(
      Object.assign(record, {
        received: (bytes: Uint8Array) => {
          length += bytes.length;
          if (length === 1) transport.pause();
        },
      }),
    );
    peer.write("1");
    await vi.waitFor(() => expect(length).toBe(1));
    peer.write(new Uint8Array(8 << 20));
    // Time: that no more is read shows by no event.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(length).toBeLessThanOrEqual(512 << 10);
    transport.resume();
    await vi.waitFor(() => expect(length).toBe((8 << 20) + 1), 5000);
    expect(transport.borrowed).toBe(kind !== "TLS");
  });

  test.each(transportCases.filter(({ name }) => !name.includes("before start")))("established: $name", async ({ run }) =>
    run(kind, () => establishedPair(kind), true),
  );

  test.each(transportCases)("$name", async ({ run }) => run(kind, () => pair(kind), true));
});
