// RFC 6455 §5.4 to §7: two engines in conversation, with time that passes when it is told to; and RFC 7692 over pako.
import { encodeFrame, Opcode } from "@ws/codec";
import { ConnectionEngine, EngineEvent, type EngineOptions } from "@ws/protocol";

import { converse } from "../../../protocol/test/deflate/portable.ts";
import { ascii, type Check, check, chunksOf, equal, hex, joined, Numbers, throws, toHex } from "./check.ts";

/** Polls until there is nothing more, in words. */
function eventsOf(engine: ConnectionEngine): string[] {
  const events: string[] = [];
  for (let event = engine.poll(); event !== EngineEvent.NONE; event = engine.poll()) events.push(describe(engine, event));
  return events;
}

function describe(engine: ConnectionEngine, event: EngineEvent): string {
  switch (event) {
    case EngineEvent.TEXT:
      return `text ${engine.text}`;
    case EngineEvent.BINARY:
      return `binary ${toHex(engine.payload)}`;
    case EngineEvent.PING:
      return `ping ${toHex(engine.payload)}`;
    case EngineEvent.PONG:
      return `pong ${engine.answeredPing}`;
    case EngineEvent.CLOSING:
      return `closing ${engine.closeCode} ${engine.closeReason}`;
    case EngineEvent.FAILED:
      return `failed ${engine.error!.code}`;
    case EngineEvent.CLOSED: {
      const { code, wasClean, initiator, error } = engine.closed!;
      return `closed ${code} ${wasClean ? "clean" : "unclean"} ${initiator} ${error?.code ?? ""}`.trimEnd();
    }
    default:
      return `event ${event}`;
  }
}

/** Two engines, and a wire between them that cuts what it carries into chunks of one size. */
class Pair {
  readonly client: ConnectionEngine;
  readonly server: ConnectionEngine;
  readonly seenByClient: string[] = [];
  readonly seenByServer: string[] = [];
  readonly #size: number;

  constructor(size: number, options: Partial<EngineOptions> = {}) {
    const numbers = new Numbers(size);
    this.client = new ConnectionEngine({ now: 0, ...options, role: "client", randomUint32: () => numbers.next() });
    this.server = new ConnectionEngine({ now: 0, ...options, role: "server" });
    this.#size = size;
  }

  /** Carries until nothing moves. */
  deliver(): void {
    let moved = true;
    while (moved) {
      moved = this.#carry(this.client, this.server, this.seenByServer);
      moved = this.#carry(this.server, this.client, this.seenByClient) || moved;
    }
  }

  /** …and ends the transport as the engines want it. */
  finish(): void {
    this.deliver();
    equal(this.server.wantsEnd, true, "§7.1.1 the server ends the transport first");
    this.client.receiveEnd();
    this.seenByClient.push(...eventsOf(this.client));
    this.server.receiveEnd();
    this.seenByServer.push(...eventsOf(this.server));
    this.client.transportLost();
    this.server.transportLost();
    equal(
      [this.client.state, this.server.state, this.client.nextDeadline, this.server.nextDeadline],
      ["closed", "closed", Infinity, Infinity],
      "the end",
    );
  }

  #carry(from: ConnectionEngine, to: ConnectionEngine, seen: string[]): boolean {
    const output = joined(from.takeOutput());
    from.outputTaken();
    for (const chunk of chunksOf(output, this.#size)) {
      to.receive(chunk);
      seen.push(...eventsOf(to));
    }
    return output.length > 0;
  }
}

const sizes = [1, 2, 3, 7, 64, 100_000];

export const engineChecks: readonly Check[] = [
  check("a conversation: text, binary, fragments, pings, and a closing handshake, at several chunk sizes", () => {
    for (const size of sizes) {
      const pair = new Pair(size);
      const { client, server } = pair;
      client.sendText("Hello, 世界 🙂");
      client.beginMessage(Opcode.TEXT);
      client.sendChunk("split \ud83d", false);
      server.ping(hex("0102"));
      pair.deliver();
      client.ping();
      client.sendChunk("\ude42 pair", true);
      server.sendBinary(new Numbers(1).bytes(200));
      server.sendBinary(new Uint8Array(0));
      pair.deliver();
      client.close(4000, "enough");
      equal(client.sendText("too late"), 1, "after close");
      pair.finish();
      equal(
        pair.seenByServer,
        ["text Hello, 世界 🙂", "pong 1", "ping 00000001", "text split 🙂 pair", "closing 4000 enough", "closed 4000 clean remote"],
        `server, chunks of ${size}`,
      );
      equal(
        pair.seenByClient,
        ["ping 0102", `binary ${toHex(new Numbers(1).bytes(200))}`, "binary ", "pong 1", "closing 4000 enough", "closed 4000 clean local"],
        `client, chunks of ${size}`,
      );
    }
  }),
  check("§5.5.1 both sides close at once: each answers once", () => {
    const pair = new Pair(7);
    pair.client.close(1000);
    pair.server.close(1001, "restart");
    pair.finish();
    equal(pair.seenByClient, ["closing 1001 restart", "closed 1001 clean local"], "client");
    equal(pair.seenByServer, ["closing 1000 ", "closed 1000 clean local"], "server");
  }),
  check("keep-alive by a clock of the host: a ping after silence, a failure without an answer", () => {
    const engine = new ConnectionEngine({ role: "server", now: 1000, keepAlive: { interval: 300, timeout: 200 } });
    equal(engine.nextDeadline, 1300, "first deadline");
    engine.handleTimeout(1299);
    equal(engine.pendingBytes, 0, "too early");
    engine.handleTimeout(1300);
    equal([toHex(joined(engine.takeOutput())), engine.nextDeadline], ["890400000001", 1500], "the ping");
    engine.handleTimeout(1500);
    equal(eventsOf(engine), ["failed KEEP_ALIVE_TIMEOUT", "closed 1006 unclean local KEEP_ALIVE_TIMEOUT"], "the failure");
    equal(engine.wantsDestroy, true, "torn down");
  }),
  check("§7.1.1 a Close that is not answered costs closeTimeout", () => {
    const engine = new ConnectionEngine({ role: "server", now: 0, closeTimeout: 100 });
    engine.now = 1000;
    engine.close(1000);
    equal(engine.nextDeadline, 1100, "deadline");
    engine.handleTimeout(1100);
    equal(eventsOf(engine), ["closed 1006 unclean local CLOSE_TIMEOUT"], "the end");
  }),
  check("§7.1.7 what breaks a rule fails the connection with the code for it", () => {
    const broken: readonly [bytes: string, code: string, closeCode: number][] = [
      ["8100", "MASK_MISSING", 1002],
      ["c180", "RESERVED_BITS", 1002],
      ["8181 00000000 ff", "INVALID_UTF8", 1007],
      ["8282 00000000 0102", "MESSAGE_TOO_BIG", 1009],
    ];
    for (const [bytes, code, closeCode] of broken) {
      const engine = new ConnectionEngine({ role: "server", now: 0, limits: { maxMessageBytes: 1 } });
      engine.receive(hex(bytes));
      equal(eventsOf(engine)[0], `failed ${code}`, bytes);
      const sent = joined(engine.takeOutput());
      equal([sent[0], (sent[2]! << 8) | sent[3]!], [0x88, closeCode], code);
    }
  }),
  check("§5.3 a client without randomness is a TypeError, a server needs none", () => {
    throws(() => new ConnectionEngine({ role: "client", now: 0 }), "TypeError", "client");
    equal(new ConnectionEngine({ role: "server", now: 0 }).state, "open", "server");
  }),
  check("random bytes never make the engine throw", () => {
    for (let seed = 0; seed < 200; seed++) {
      const numbers = new Numbers(seed);
      const engine = new ConnectionEngine({ role: "server", now: 0 });
      engine.receive(encodeFrame(Opcode.TEXT, ascii("first"), { maskingKey: numbers.next() }));
      engine.receive(numbers.bytes(numbers.below(100)));
      equal(eventsOf(engine)[0], "text first", `seed ${seed}`);
      engine.receiveEnd();
      eventsOf(engine);
      equal(engine.closed?.wasClean ?? false, false, `seed ${seed}`);
    }
  }),
  check("RFC 7692 messages compressed by pako arrive as they were", () => {
    equal(converse().length > 10, true, "checked");
  }),
];
