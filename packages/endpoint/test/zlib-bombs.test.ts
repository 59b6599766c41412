import { once } from "node:events";
import { connect } from "node:net";
import { constants, deflateRawSync } from "node:zlib";

import { encodeFrame, Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";

import { noise } from "../../protocol/test/deflate/checks.ts";
import { runtimes, startScript } from "./zlib/runtimes.ts";

const MIB = 1 << 20;

/** `pieces` times 1 MiB, of which the first bytes are noise, as one compressed message. */
function bomb(pieces: number, noisy: number): Buffer {
  const plain = Buffer.alloc(MIB);
  plain.set(noise(noisy));
  // A full flush forgets the window, so the same bytes mean the same anywhere.
  const piece = deflateRawSync(plain, { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat(Array.from({ length: pieces }, () => piece)).subarray(0, -4);
}

/** Sends one compressed frame and resolves with the status code of the Close that comes back. */
async function closeCodeAfter(port: number, frame: Uint8Array): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
  );
  const [head] = (await once(socket, "data")) as [Buffer];
  expect(head.toString("latin1")).toContain("\r\nSec-WebSocket-Extensions: permessage-deflate\r\n");
  const received: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => received.push(bytes));
  socket.write(frame);
  await once(socket, "end");
  socket.destroy();
  const close = Buffer.concat(received);
  expect(close[0]).toBe(0x88);
  return close.readUInt16BE(2);
}

async function ask(socket: WebSocket, question: string): Promise<string> {
  socket.send(question);
  const [answer] = (await once(socket, "message")) as [Buffer];
  return answer.toString();
}

describe.each(runtimes)("a decompression bomb on $name", (runtime) => {
  test("costs at most the limit and ends with 1009, and others are served meanwhile", async () => {
    const maxMessageBytes = 16 * MIB;
    const server = await startScript(runtime, new URL("./zlib/peer.ts", import.meta.url), [
      runtime.adapter,
      "serve",
      JSON.stringify({ maxMessageBytes }),
    ]);
    try {
      const other = new WebSocket(`ws://127.0.0.1:${server.first.port}`);
      await once(other, "open");
      // What a message of the largest size costs is paid before: buffers, and the code that handles them.
      other.send(Buffer.alloc(maxMessageBytes));
      await once(other, "message");
      const before = JSON.parse(await ask(other, "memory?")) as { most: number };
      for (const [payload, name] of [
        [bomb(1024, 5000), "6 MB that would become 1 GiB"],
        [bomb(1024, 0), "1 MB that would become 1 GiB"],
      ] as const) {
        const attack = closeCodeAfter(server.first.port, encodeFrame(Opcode.BINARY, payload, { rsv: 4, maskingKey: 0x37fa213d }));
        expect(await ask(other, "still there?")).toBe("still there?");
        expect(await attack, name).toBe(1009);
      }
      const after = JSON.parse(await ask(other, "memory?")) as { most: number };
      // The payload received, the limit, and twice that for what a garbage collector leaves lying around; the whole would be 1 GiB.
      expect(after.most - before.most).toBeLessThan(12 * MIB + 5 * maxMessageBytes);
      other.terminate();
    } finally {
      await server.stop();
    }
  });
});
