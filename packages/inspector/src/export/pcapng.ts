/**
 * The log as a capture file (pcapng, draft-ietf-opsawg-pcapng) that Wireshark opens: the conversation between client and
 * inspector as IP packets, with TCP's own octets made up around the real ones.
 *
 * TLS to a `wss://` target does not appear: what was inside it does. Octets that were not kept are marked as cut off at
 * capture, which is what the format has for it; octets of entries that were dropped are simply missing.
 */
import { EMPTY } from "@ws/codec";
import { concatenate } from "@ws/protocol/internal";

import type { Conversation, Entry } from "../model/entry.ts";
import type { Address, Direction } from "../model/records.ts";

/** One TCP segment of the capture. */
interface Segment {
  readonly time: number;
  readonly order: number;
  readonly conversation: Conversation;
  readonly direction: Direction;
  /** Sequence numbers relative to the initial one, which is 0. */
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** Payload octets that were not kept, behind `payload`. */
  readonly omitted: number;
}

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;

/** LINKTYPE_RAW: packets begin with their IP header. */
const LINKTYPE_RAW = 101;
/** IP lengths are 16 bits, header included. */
const MAX_PAYLOAD = 60_000;

/** The file in pieces, to be written behind one another. */
export function exportPcapng(conversations: readonly Conversation[], entries: readonly Entry[]): Uint8Array<ArrayBuffer>[] {
  const segments = conversations.flatMap((conversation) => segmentsOf(conversation, entries));
  segments.sort((a, b) => a.time - b.time || a.conversation.id - b.conversation.id || a.order - b.order);
  return [sectionHeader(), interfaceDescription(), ...segments.map(enhancedPacket)];
}

function segmentsOf(conversation: Conversation, entries: readonly Entry[]): Segment[] {
  const trace = new Trace(conversation);
  trace.put("client", conversation.started, SYN, 0, EMPTY);
  trace.put("target", conversation.started, SYN | ACK, 0, EMPTY);
  trace.put("client", conversation.started, ACK, 1, EMPTY);
  for (const entry of entries) {
    if (entry.conversation !== conversation) continue;
    switch (entry.kind) {
      case "head":
        for (const { time, position, bytes } of entry.pieces) trace.bytes(entry.direction, time, position, bytes);
        break;
      case "opaque": {
        for (const { time, position, bytes } of entry.pieces) trace.bytes(entry.direction, time, position, bytes);
        const last = entry.pieces.at(-1);
        if (last !== undefined) trace.omitted(entry.direction, last.time, last.position + last.bytes.length, entry.omitted);
        break;
      }
      case "frame":
        trace.bytes(entry.direction, entry.time, entry.position, entry.headerBytes);
        for (const { time, position, bytes } of entry.pieces) trace.bytes(entry.direction, time, position, bytes);
        trace.omitted(entry.direction, entry.endTime, entry.position + entry.header.headerLength + entry.kept, entry.omitted);
        break;
      case "note":
        if (entry.tcp !== undefined && entry.direction !== undefined)
          trace.end(entry.direction, entry.time, entry.tcp === "fin" ? FIN | ACK : RST | ACK);
        break;
    }
  }
  trace.flush();
  return trace.segments;
}

/** Puts octets into segments: contiguous ones that arrived together share one. */
class Trace {
  readonly segments: Segment[] = [];
  readonly #conversation: Conversation;
  /** Next sequence number of each side. */
  readonly #next: Record<Direction, number> = { client: 0, target: 0 };
  #held: { direction: Direction; time: number; sequence: number; parts: Uint8Array[]; length: number } | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  bytes(direction: Direction, time: number, position: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      // RFC 9293 §3.4: the SYN takes sequence number 0, so that the first octet has 1.
      const sequence = position + at + 1;
      let held = this.#held;
      const fits =
        held !== undefined &&
        held.direction === direction &&
        held.time === time &&
        held.sequence + held.length === sequence &&
        held.length < MAX_PAYLOAD;
      if (!fits || held === undefined) {
        this.flush();
        held = this.#held = { direction, time, sequence, parts: [], length: 0 };
      }
      const part = bytes.subarray(at, at + MAX_PAYLOAD - held.length);
      held.parts.push(part);
      held.length += part.length;
      at += part.length;
    }
  }

  omitted(direction: Direction, time: number, position: number, count: number): void {
    for (let at = 0; at < count; at += MAX_PAYLOAD) {
      this.flush();
      this.put(direction, time, PSH | ACK, position + at + 1, EMPTY, Math.min(MAX_PAYLOAD, count - at));
    }
  }

  end(direction: Direction, time: number, flags: number): void {
    this.flush();
    this.put(direction, time, flags, this.#next[direction], EMPTY);
  }

  flush(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.put(held.direction, held.time, PSH | ACK, held.sequence, concatenate(held.parts));
  }

  put(direction: Direction, time: number, flags: number, sequence: number, payload: Uint8Array, omitted = 0): void {
    const acknowledgment = (flags & ACK) === 0 ? 0 : this.#next[direction === "client" ? "target" : "client"];
    const { length: order } = this.segments;
    this.segments.push({ time, order, conversation: this.#conversation, direction, sequence, acknowledgment, flags, payload, omitted });
    this.#next[direction] = sequence + payload.length + omitted + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
  }
}

/** Section Header Block, of unknown length. */
function sectionHeader(): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  view.setUint32(0, 0x1a2b3c4d, true);
  view.setUint16(4, 1, true);
  view.setBigInt64(8, -1n, true);
  return block(0x0a0d0d0a, body);
}

/** Interface Description Block; without options, times are in microseconds. */
function interfaceDescription(): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  view.setUint16(0, LINKTYPE_RAW, true);
  view.setUint32(4, 0, true);
  return block(1, body);
}

function enhancedPacket(segment: Segment): Uint8Array<ArrayBuffer> {
  const packet = ipPacket(segment);
  const body = new Uint8Array(20 + packet.length);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const micros = BigInt(Math.floor(segment.time * 1000));
  view.setUint32(4, Number(micros >> 32n), true);
  view.setUint32(8, Number(micros & 0xffff_ffffn), true);
  view.setUint32(12, packet.length, true);
  view.setUint32(16, packet.length + segment.omitted, true);
  body.set(packet, 20);
  return block(6, body);
}

function block(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = 12 + Math.ceil(body.length / 4) * 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  view.setUint32(length - 4, length, true);
  return bytes;
}

/** An IPv4 (RFC 791) or IPv6 (RFC 8200) packet with a TCP segment (RFC 9293 §3.1). */
function ipPacket(segment: Segment): Uint8Array {
  const { client, local } = segment.conversation;
  const [from, to] = segment.direction === "client" ? [client, local] : [local, client];
  const source = addressOctets(from);
  const destination = addressOctets(to);
  const tcpLength = 20 + segment.payload.length;
  const v4 = source.length === 4 && destination.length === 4;
  const ipLength = v4 ? 20 : 40;
  const bytes = new Uint8Array(ipLength + tcpLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const announced = tcpLength + segment.omitted;
  if (v4) {
    view.setUint8(0, 0x45);
    view.setUint16(2, 20 + announced);
    view.setUint16(6, 0x4000); // do not fragment
    view.setUint8(8, 64);
    view.setUint8(9, 6);
    bytes.set(source, 12);
    bytes.set(destination, 16);
    view.setUint16(10, checksum(bytes.subarray(0, 20), 0));
  } else {
    view.setUint8(0, 0x60);
    view.setUint16(4, announced);
    view.setUint8(6, 6);
    view.setUint8(7, 64);
    bytes.set(mapped(source), 8);
    bytes.set(mapped(destination), 24);
  }
  const tcp = ipLength;
  view.setUint16(tcp, from.port);
  view.setUint16(tcp + 2, to.port);
  view.setUint32(tcp + 4, segment.sequence % 2 ** 32);
  view.setUint32(tcp + 8, segment.acknowledgment % 2 ** 32);
  view.setUint8(tcp + 12, 5 << 4);
  view.setUint8(tcp + 13, segment.flags);
  view.setUint16(tcp + 14, 65_535);
  bytes.set(segment.payload, tcp + 20);
  // RFC 9293 §3.1: over a pseudo-header of addresses, protocol and length. Not known when octets are missing.
  if (segment.omitted === 0) {
    let pseudo = 6 + tcpLength;
    const addresses = v4 ? bytes.subarray(12, 20) : bytes.subarray(8, 40);
    for (let at = 0; at < addresses.length; at += 2) pseudo += addresses[at]! * 256 + addresses[at + 1]!;
    view.setUint16(tcp + 16, checksum(bytes.subarray(tcp), pseudo));
  }
  return bytes;
}

/** RFC 1071. */
function checksum(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function addressOctets({ address }: Address): Uint8Array {
  const v4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (v4 !== null) return Uint8Array.from(v4.slice(1), Number);
  const [left = "", right] = address.split("%", 1)[0]!.split("::");
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0), ...tail];
  return Uint8Array.from(all.slice(0, 8).flatMap((group) => [group >> 8, group & 255]));
}

/** RFC 4291 §2.5.5.2: an IPv4 address among IPv6 ones. */
function mapped(octets: Uint8Array): Uint8Array {
  if (octets.length === 16) return octets;
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...octets]);
}
