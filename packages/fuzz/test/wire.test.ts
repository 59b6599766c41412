/** How long a target is waited for: by a clock that stands still while this process itself is not given any time. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";

import { stall } from "../../contract/src/case.ts";
import { Wire } from "../src/tcp/wire.ts";

let server: Server;
let peer: Socket;
let wire: Wire;

beforeEach(async () => {
  server = createServer((socket) => {
    peer = socket;
  }).listen(0, "127.0.0.1");
  const accepted = once(server, "connection");
  await once(server, "listening");
  const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
  wire = new Wire(socket, false);
  await Promise.all([accepted, once(socket, "connect")]);
});
afterEach(() => {
  wire.socket.destroy();
  peer.destroy();
  server.close();
});

for (const ms of [2, 20, 50])
  it(`does not miss an answer that is there when it wakes up, late, from ${ms} ms`, async () => {
    const answered = wire.until(() => wire.scanner.messages > 0, ms);
    peer.write(Uint8Array.of(0x81, 0x00));
    // Time: nothing else runs in this process meanwhile, neither its timers nor what the kernel has received for it.
    stall(ms * 2 + 20);
    expect(await answered).toBe(true);
  });

it("goes through several turns of the loop before it gives up, so that a target in this process has its turn too", async () => {
  peer.on("data", () => peer.write(Uint8Array.of(0x81, 0x00)));
  const answered = wire.until(() => wire.scanner.messages > 0, 40);
  wire.write(Uint8Array.of(1));
  // Time: as above.
  stall(80);
  expect(await answered).toBe(true);
});

it("gives up when nothing comes, and not before the time is over", async () => {
  // Time: not before is all that is asserted; a busy machine is later.
  const started = performance.now();
  expect(await wire.until(() => wire.scanner.messages > 0, 30)).toBe(false);
  // Time: as above.
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
});
