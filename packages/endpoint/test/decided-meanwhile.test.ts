/** A server that the program closes while it judges a request: the door is shut, and the client has one answer. */
import { listenWith, memoryTransportPair, type MemoryTransport, type NoContext, type Server } from "@ws/endpoint";
import { expect, test, vi } from "vitest";

import type { HttpAcceptor } from "../src/server.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { RawPeer, UPGRADE } from "./support/raw.ts";

const FROM_A_PAGE = UPGRADE.replace("\r\n\r\n", "\r\nOrigin: http://example.com\r\n\r\n");

test.each<[string, (server: Server<undefined>) => boolean]>([
  ["answers true", (server) => (void server.close(), true)],
  ["answers false", (server) => (void server.close(), false)],
  [
    "throws",
    (server) => {
      void server.close();
      throw new Error("slip");
    },
  ],
])("allowedOrigins closes the server and %s", async (how, judge) => {
  const { clock, host, group, printed } = manualHost();
  const open = vi.fn();
  const onError = vi.fn();
  let acceptor!: HttpAcceptor<MemoryTransport>;
  const listen = (given: HttpAcceptor<MemoryTransport>) => (
    (acceptor = given),
    Promise.resolve({ port: 1, hostname: "::1", close: () => undefined })
  );
  const server: Server<undefined> = await listenWith<NoContext, MemoryTransport>(
    host,
    { open: listen },
    { allowedOrigins: () => judge(server), onError },
    { open },
  );
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(near);
  acceptor.accept(far);
  peer.write(FROM_A_PAGE);
  await settle();
  const text = peer.takeText();
  expect(text).not.toMatch(/HTTP\/1\.1 101/);
  expect(text.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
  peer.transport.end();
  await clock.advance(30_000);
  await server.close();
  expect([open.mock.calls, onError.mock.calls.length, printed]).toEqual([[], how === "throws" ? 1 : 0, []]);
  expect([peer.closed_, server.connections.size, clock.pending, group.deadlines.size]).toEqual([true, 0, 0, 0]);
});
