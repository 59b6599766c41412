/**
 * One finding as a capture that Wireshark opens: a TCP connection on loopback with the handshake, then what was sent, then what came
 * back. Addresses, ports and times are made up; the bytes are not.
 */
import { concatBytes, fromHex } from "../wire/bytes.ts";
import type { JsonFinding, JsonReport } from "./model.ts";

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function block(type: number, body: Uint8Array): Uint8Array {
  const padded = Math.ceil(body.length / 4) * 4;
  const bytes = new Uint8Array(padded + 12);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(body, 8);
  view.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

interface Side {
  address: number[];
  port: number;
  sequence: number;
}

export function pcapng(report: JsonReport, finding: JsonFinding): Uint8Array {
  const header = new Uint8Array(16);
  const headerView = new DataView(header.buffer, header.byteOffset, header.byteLength);
  headerView.setUint32(0, 0x1a2b3c4d, true);
  headerView.setUint16(4, 1, true);
  headerView.setBigInt64(8, -1n, true);
  const linkType = new Uint8Array(8);
  new DataView(linkType.buffer, linkType.byteOffset, linkType.byteLength).setUint16(0, 101, true); // raw IP
  const blocks = [block(0x0a0d0d0a, header), block(1, linkType)];
  const client: Side = { address: [127, 0, 0, 1], port: 50_000, sequence: 1000 };
  const server: Side = { address: [127, 0, 0, 1], port: 80, sequence: 5000 };
  let time = 0;
  function packet(from: Side, to: Side, flags: number, payload: Uint8Array): void {
    const tcp = new Uint8Array(20 + payload.length);
    const tcpView = new DataView(tcp.buffer, tcp.byteOffset, tcp.byteLength);
    tcpView.setUint16(0, from.port);
    tcpView.setUint16(2, to.port);
    tcpView.setUint32(4, from.sequence);
    tcpView.setUint32(8, (flags & 0x10) !== 0 ? to.sequence : 0);
    tcp[12] = 0x50;
    tcp[13] = flags;
    tcpView.setUint16(14, 65535);
    tcp.set(payload, 20);
    const pseudo = Uint8Array.of(...from.address, ...to.address, 0, 6, tcp.length >> 8, tcp.length & 255);
    tcpView.setUint16(16, checksum(concatBytes([pseudo, tcp])));
    const ip = new Uint8Array(20);
    const ipView = new DataView(ip.buffer, ip.byteOffset, ip.byteLength);
    ip[0] = 0x45;
    ipView.setUint16(2, 20 + tcp.length);
    ip[8] = 64;
    ip[9] = 6;
    ip.set(from.address, 12);
    ip.set(to.address, 16);
    ipView.setUint16(10, checksum(ip));
    const whole = concatBytes([ip, tcp]);
    const body = new Uint8Array(20 + whole.length);
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    time += 1000;
    view.setUint32(8, time, true);
    view.setUint32(12, whole.length, true);
    view.setUint32(16, whole.length, true);
    body.set(whole, 20);
    blocks.push(block(6, body));
    from.sequence += payload.length + ((flags & 3) !== 0 ? 1 : 0);
  }
  function data(from: Side, to: Side, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 1400) packet(from, to, 0x18, bytes.subarray(at, at + 1400));
  }
  const [tester, target] = report.role === "server" ? [client, server] : [server, client];
  const none = new Uint8Array(0);
  packet(client, server, 0x02, none);
  packet(server, client, 0x12, none);
  packet(client, server, 0x10, none);
  data(client, server, fromHex(finding.requestHex));
  data(server, client, fromHex(finding.responseHex));
  data(tester, target, fromHex(finding.sentHex));
  data(target, tester, fromHex(finding.receivedHex));
  if (finding.ended === "fin") packet(target, tester, 0x11, none);
  if (finding.ended === "reset") packet(target, tester, 0x14, none);
  return concatBytes(blocks);
}
