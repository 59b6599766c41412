// A peer, or the transport to it, that stops at any step of any closing: the end comes by a deadline, once, and says the truth.
import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import type { ConnectionEngine, EngineOptions } from "../src/index.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { client, closePayload, eventsOf, masked, server, unmasked } from "./connection-support.ts";

const CLOSE_TIMEOUT = 100;

/** What peer and transport do of their own accord. Each may happen at any time, or never. */
const STEPS = ["the transport takes the output", "the peer's Close", "the peer's FIN", "the loss", "the work is done"] as const;
type Step = (typeof STEPS)[number];

/** How this side got into closing. */
const BEGINNINGS: Readonly<
  Record<string, { begin: (engine: ConnectionEngine, role: string) => void; transform?: boolean; fails?: boolean }>
> = {
  "nothing begun here": { begin: () => undefined },
  "close()": { begin: (engine) => engine.close(1000) },
  "close() behind work": { begin: (engine) => (engine.sendText("work"), engine.close(1000)), transform: true },
  "a broken rule": { begin: (engine, role) => engine.receive(role === "client" ? unmasked(3) : masked(3)), fails: true },
};

/** All orders of all subsets. */
function orders(steps: readonly Step[]): Step[][] {
  return [[], ...steps.flatMap((step) => orders(steps.filter((other) => other !== step)).map((rest) => [step, ...rest]))];
}

describe.each(["client", "server"] as const)("the %s", (role) => {
  describe.each(Object.entries(BEGINNINGS))("%s", (_name, { begin, transform = false, fails = false }) => {
    it.each(
      orders(STEPS.filter((step) => transform || step !== "the work is done")).map(
        (order) => [order.join(", ") || "nothing", order] as const,
      ),
    )("then %s, then nothing more", (_order, order) => {
      const options: Partial<EngineOptions> = {
        closeTimeout: CLOSE_TIMEOUT,
        keepAlive: { interval: 1000, timeout: 1000 },
        transform: transform ? new FakeTransform(() => false) : undefined,
      };
      let encoded = false;
      const onHeader: EngineOptions["onHeader"] = ({ opcode }, direction) => (encoded ||= direction === "sent" && opcode === Opcode.CLOSE);
      const engine = role === "client" ? client({ ...options, onHeader }) : server({ ...options, onHeader });
      const events: string[] = [];
      let sent = false;
      const receivedClose = (): boolean => events.some((event) => event.startsWith("CLOSING"));
      const poll = (): void => void events.push(...eventsOf(engine));
      begin(engine, role);
      poll();
      for (const step of order) {
        engine.takeOutput();
        if (step === "the transport takes the output" && !engine.wantsDestroy) {
          sent ||= encoded;
          engine.outputTaken();
        } else if (step === "the peer's Close") {
          engine.receive((role === "client" ? unmasked : masked)(Opcode.CLOSE, closePayload(1001, "bye")));
        } else if (step === "the peer's FIN") {
          engine.receiveEnd();
        } else if (step === "the loss") {
          engine.transportLost();
        } else if (step === "the work is done") {
          engine.completeWork(1, Uint8Array.of(0));
        }
        poll();
      }
      engine.takeOutput();
      // What has happened is all that happens: only time passes.
      let deadlines = 0;
      while (!engine.wantsDestroy) {
        expect(engine.nextDeadline).not.toBe(Infinity);
        expect(engine.nextDeadline).toBeGreaterThan(engine.now);
        expect(++deadlines).toBeLessThanOrEqual(3);
        engine.handleTimeout(engine.nextDeadline);
        poll();
        engine.takeOutput();
      }
      // An open connection waits for keep-alive, a closing one for one step.
      expect(engine.now).toBeLessThanOrEqual(2000 + CLOSE_TIMEOUT);
      if (order.length > 0 && engine.closed!.error?.code !== "KEEP_ALIVE_TIMEOUT") expect(engine.now).toBeLessThanOrEqual(CLOSE_TIMEOUT);
      expect(events.filter((event) => event.startsWith("CLOSED"))).toHaveLength(1);
      expect(events.at(-1)).toContain("CLOSED");
      expect(engine.closed!.wasClean).toBe(sent && receivedClose() && !fails);
      expect(engine.closed!.wasClean).toBe(engine.closed!.error === undefined);
      expect(engine.closed!.code).toBe(receivedClose() ? 1001 : 1006);
      expect([engine.nextDeadline, engine.pendingBytes, engine.state]).toEqual([Infinity, 0, "closed"]);
    });
  });
});
