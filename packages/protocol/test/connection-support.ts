import { encodeFrame, Opcode } from "@ws/codec";
import fc from "fast-check";
import { expect } from "vitest";

import { ConnectionEngine, EngineEvent, type EngineOptions } from "../src/index.ts";
import { describeEvent, toHex } from "./receivers.ts";

export { toHex };

/** The masking key of the examples in RFC 6455 §5.7. */
export const KEY = 0x37fa213d;

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.trim().split(/\s+/).filter(Boolean), (octet) => parseInt(octet, 16));
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Code units of every length in UTF-8, and halves of pairs. */
export const anyText: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom("a", "\0", "\x7f", "é", "€", "\uffff", "😀", "\ud83d", "\ude00"),
  maxLength: 300,
});

/** What a client sends. */
export function masked(opcode: number, payload: Uint8Array | string = "", options: { fin?: boolean; rsv?: number } = {}): Uint8Array {
  return encodeFrame(opcode, typeof payload === "string" ? ascii(payload) : payload, { ...options, maskingKey: KEY });
}

/** What a server sends. */
export function unmasked(opcode: number, payload: Uint8Array | string = "", options: { fin?: boolean; rsv?: number } = {}): Uint8Array {
  return encodeFrame(opcode, typeof payload === "string" ? ascii(payload) : payload, options);
}

export function closePayload(code: number, reason = ""): Uint8Array {
  return Uint8Array.of(code >>> 8, code & 255, ...ascii(reason));
}

export function server(options: Partial<EngineOptions> = {}): ConnectionEngine {
  return new ConnectionEngine({ role: "server", now: 0, ...options });
}

export function client(options: Partial<EngineOptions> = {}): ConnectionEngine {
  return new ConnectionEngine({ role: "client", now: 0, randomUint32: () => KEY, ...options });
}

/** Polls until NONE. */
export function eventsOf(engine: ConnectionEngine): string[] {
  const events: string[] = [];
  for (let event = engine.poll(); event !== EngineEvent.NONE; event = engine.poll()) events.push(describeEvent(engine, event));
  return events;
}

/** Gives the bytes (as a copy, since they are unmasked in place) and polls until NONE. */
export function received(engine: ConnectionEngine, ...chunks: Uint8Array[]): string[] {
  return chunks.flatMap((chunk) => {
    engine.receive(chunk.slice());
    return eventsOf(engine);
  });
}

/** Taken at once by the transport. */
export function outputOf(engine: ConnectionEngine): Uint8Array {
  const output = joined(engine.takeOutput());
  engine.outputTaken();
  return output;
}

/** Two engines and the wire between them, which delivers at once. */
export class Pair {
  readonly client: ConnectionEngine;
  readonly server: ConnectionEngine;
  readonly seenByClient: string[] = [];
  readonly seenByServer: string[] = [];
  now = 0;

  constructor(options: { client?: Partial<EngineOptions>; server?: Partial<EngineOptions> } = {}) {
    this.client = client(options.client);
    this.server = server(options.server);
  }

  /** Delivers until nothing is under way, FINs included. */
  deliver(): void {
    for (;;) {
      this.seenByClient.push(...eventsOf(this.client));
      this.seenByServer.push(...eventsOf(this.server));
      const toServer = outputOf(this.client);
      const toClient = outputOf(this.server);
      if (toServer.length + toClient.length === 0) break;
      if (toServer.length > 0) this.seenByServer.push(...received(this.server, toServer));
      if (toClient.length > 0) this.seenByClient.push(...received(this.client, toClient));
    }
  }

  /** Delivers, then the FINs that the two ask for. */
  finish(): void {
    this.deliver();
    for (const [from, to] of [
      [this.server, this.client],
      [this.client, this.server],
      [this.server, this.client],
    ] as const) {
      if (from.wantsEnd) to.receiveEnd();
      this.deliver();
    }
  }

  passTime(milliseconds: number): void {
    this.now += milliseconds;
    for (const engine of [this.client, this.server]) {
      engine.now = this.now;
      if (engine.nextDeadline <= this.now) engine.handleTimeout(this.now);
    }
    this.deliver();
  }
}

/** The server engine fails the connection with this status code (§7.1.7): FAILED, one Close frame, half-closing, no way back. */
export function expectFail(engine: ConnectionEngine, closeCode: number): void {
  const { code } = engine.error!;
  expect(engine.error!.closeCode).toBe(closeCode);
  expect(engine.state).toBe("closing");
  expect(received(client(), outputOf(engine)).at(-1)).toBe(`CLOSING ${closeCode} "${code}"`);
  expect(engine.wantsEnd).toBe(true);
  expect(received(engine, masked(Opcode.TEXT, "too late"), masked(Opcode.CLOSE, closePayload(1000)))).toEqual([]);
  engine.receiveEnd();
  expect(eventsOf(engine)).toEqual([`CLOSED 1006 "" unclean local ${code}`]);
}
