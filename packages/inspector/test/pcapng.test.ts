import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { exportPcapng } from "../src/export/pcapng.ts";
import { ConversationLog } from "../src/model/log.ts";
import { bytes, Feed, frame, REQUEST, RESPONSE } from "./feed.ts";

interface Packet {
  readonly micros: bigint;
  readonly from: string;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** Octets of payload that the file says were cut off. */
  readonly missing: number;
}

/** A reader of its own: blocks (draft-ietf-opsawg-pcapng), IPv4 and IPv6, TCP; checks every length and checksum it meets. */
function readPcapng(file: Uint8Array): Packet[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const packets: Packet[] = [];
  const types: number[] = [];
  for (let at = 0; at < file.length;) {
    const type = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    types.push(type);
    if (type === 6) {
      const captured = view.getUint32(at + 20, true);
      const original = view.getUint32(at + 24, true);
      const micros = (BigInt(view.getUint32(at + 12, true)) << 32n) | BigInt(view.getUint32(at + 16, true));
      packets.push(readPacket(file.subarray(at + 28, at + 28 + captured), original, micros));
    }
    at += length;
  }
  expect(types.slice(0, 2)).toEqual([0x0a0d0d0a, 1]);
  expect(view.getUint32(8, true)).toBe(0x1a2b3c4d);
  expect(view.getUint16(28 + 8, true)).toBe(101);
  return packets;
}

function readPacket(packet: Uint8Array, original: number, micros: bigint): Packet {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const v6 = packet[0]! >> 4 === 6;
  const ip = v6 ? 40 : 20;
  const total = v6 ? view.getUint16(4) + 40 : view.getUint16(2);
  expect(total).toBe(original);
  if (!v6) expect(sum(packet.subarray(0, 20), 0)).toBe(0xffff);
  const addresses = v6 ? packet.subarray(8, 40) : packet.subarray(12, 20);
  const missing = original - packet.length;
  if (missing === 0) expect(sum(packet.subarray(ip), sum(addresses, 6 + packet.length - ip))).toBe(0xffff);
  const half = addresses.length / 2;
  return {
    micros,
    from: `${Buffer.from(addresses.subarray(0, half)).toString("hex")}:${String(view.getUint16(ip))}`,
    sequence: view.getUint32(ip + 4),
    acknowledgment: view.getUint32(ip + 8),
    flags: view.getUint8(ip + 13),
    payload: packet.subarray(ip + 20),
    missing,
  };
}

/** One's complement sum. */
function sum(octets: Uint8Array, start: number): number {
  let total = start;
  for (let at = 0; at < octets.length; at += 2) total += octets[at]! * 256 + (octets[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function exported(...feeds: Feed[]): Uint8Array {
  const log = new ConversationLog();
  for (const feed of feeds) log.receive(feed.records);
  return Buffer.concat(exportPcapng(log.conversations, log.entries));
}

/** The stream of one side, put together by sequence numbers; octets that are missing stay 0. */
function reassemble(packets: readonly Packet[], from: string): Uint8Array {
  const own = packets.filter((packet) => packet.from === from);
  const length = Math.max(0, ...own.map(({ sequence, payload, missing }) => sequence - 1 + payload.length + missing));
  const stream = new Uint8Array(length);
  for (const { sequence, payload } of own) if (payload.length > 0) stream.set(payload, sequence - 1);
  return stream;
}

const CLIENT = "7f000001:50000";
const TARGET = "7f000001:6455";

function whole(): Feed {
  return new Feed()
    .handshake()
    .client(frame(1, "Hello 👋", { key: 0x01020304 }))
    .target(frame(1, "Hello 👋"), frame(2, new Uint8Array(65_536).fill(1)))
    .client(frame(8, bytes("0fa0 627965"), { key: 5 }))
    .target(bytes("88 02 0fa0"))
    .event({ event: "ended", side: "target" })
    .event({ event: "ended", side: "client" })
    .closed();
}

test("each side's octets stand in its TCP stream, in order, with their times", () => {
  const packets = readPcapng(exported(whole()));
  expect(packets.slice(0, 3).map(({ from, flags, sequence, acknowledgment }) => [from, flags, sequence, acknowledgment])).toEqual([
    [CLIENT, 2, 0, 0],
    [TARGET, 18, 0, 1],
    [CLIENT, 16, 1, 1],
  ]);
  expect(Buffer.from(reassemble(packets, CLIENT))).toEqual(
    Buffer.concat([REQUEST, frame(1, "Hello 👋", { key: 0x01020304 }), frame(8, bytes("0fa0 627965"), { key: 5 })]),
  );
  expect(Buffer.from(reassemble(packets, TARGET))).toEqual(
    Buffer.concat([RESPONSE, frame(1, "Hello 👋"), frame(2, new Uint8Array(65_536).fill(1)), bytes("88 02 0fa0")]),
  );
  expect(packets.slice(-2).map(({ from, flags }) => [from, flags])).toEqual([
    [TARGET, 17],
    [CLIENT, 17],
  ]);
  expect(packets.every(({ micros }, index) => index === 0 || micros >= packets[index - 1]!.micros)).toBe(true);
  expect(packets[3]?.micros).toBe(1_700_000_000_002_500n);
});

test("any octets in any chunking come out as they went in", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ minLength: 1, maxLength: 300 })), { maxLength: 12 }), (chunks) => {
      const feed = new Feed();
      for (const [fromClient, chunk] of chunks) feed.bytes(fromClient ? "client" : "target", chunk);
      const packets = readPcapng(exported(feed.closed()));
      for (const [from, wanted] of [
        [CLIENT, true],
        [TARGET, false],
      ] as const) {
        expect(Buffer.from(reassemble(packets, from))).toEqual(
          Buffer.concat(chunks.filter(([fromClient]) => fromClient === wanted).map(([, chunk]) => chunk)),
        );
      }
    }),
    { numRuns: 100 },
  );
});

test("payload that was not kept is marked as cut off, and the stream goes on behind it", () => {
  const long = frame(2, new Uint8Array(200_000).fill(9));
  const feed = new Feed()
    .handshake()
    .bytes("target", long.subarray(0, 1000))
    .omitted("target", long.length - 1000)
    .target(frame(1, "next"));
  const packets = readPcapng(exported(feed));
  expect(packets.reduce((total, { missing }) => total + missing, 0)).toBe(long.length - 1000);
  const stream = reassemble(packets, TARGET);
  expect(stream.length).toBe(RESPONSE.length + long.length + 6);
  expect(Buffer.from(stream.subarray(-6))).toEqual(frame(1, "next"));
});

test("IPv6 addresses", () => {
  const feed = new Feed(1, { client: { address: "::1", port: 50_001 }, local: { address: "::1", port: 6455 } }).handshake();
  const packets = readPcapng(exported(feed));
  expect(packets[0]?.from).toBe("00000000000000000000000000000001:50001");
});

const hasTshark = existsSync("/usr/bin/tshark");
describe.skipIf(!hasTshark)(
  hasTshark ? "as tshark reads it" : "as tshark reads it (skipped: tshark is not installed)",
  () => {
    function tshark(file: Uint8Array, ...args: string[]): string {
      const folder = mkdtempSync(join(tmpdir(), "pcapng-"));
      try {
        writeFileSync(join(folder, "a.pcapng"), file);
        return execFileSync("/usr/bin/tshark", ["-r", join(folder, "a.pcapng"), ...args], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }

    test("it finds the handshake and every frame, unmasked", () => {
      const lines = tshark(
        exported(whole()),
        "-Y",
        "websocket",
        "-T",
        "fields",
        "-e",
        "websocket.opcode",
        "-e",
        "websocket.mask",
        "-e",
        "websocket.payload_length",
        "-e",
        "websocket.payload.close.status_code",
      );
      expect(lines.trimEnd().split("\n")).toEqual(["1\t1\t10\t", "1\t0\t10\t", "2\t0\t127\t", "8\t1\t5\t4000", "8\t0\t2\t4000"]);
      expect(tshark(exported(whole()), "-Y", "http.upgrade")).toContain("101 Switching Protocols");
    });

    test("it has no complaint about checksums, lengths or sequence numbers", () => {
      const complaints = tshark(
        exported(whole()),
        "-o",
        "tcp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
        "-Y",
        "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed",
      );
      expect(complaints).toBe("");
    });
  },
  60_000,
);
