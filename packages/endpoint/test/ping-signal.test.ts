import { expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { openRaw } from "./support/raw-connection.ts";

test("ping only rejects, also for a payload that cannot be sent", async () => {
  const { connection } = await openRaw({}, {});
  const refused = connection.ping(new Uint8Array(126));
  await expect(refused).rejects.toThrow(RangeError);
});

test("ping rejects with the signal's reason, and leaves nothing on the signal", async () => {
  const { connection } = await openRaw({}, {});
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const counted = {
    get aborted() {
      return signal.aborted;
    },
    get reason(): unknown {
      return signal.reason;
    },
    addEventListener: (type: "abort", listener: () => void) => {
      listeners++;
      signal.addEventListener(type, listener);
    },
    removeEventListener: (type: "abort", listener: () => void) => {
      listeners--;
      signal.removeEventListener(type, listener);
    },
  };
  const pinged = connection.ping(undefined, { signal: counted });
  await settle();
  expect(listeners).toBe(1);
  controller.abort("enough");
  await expect(pinged).rejects.toBe("enough");
  await expect(connection.ping(undefined, { signal: counted })).rejects.toBe("enough");
  expect([listeners, connection.state]).toEqual([0, "open"]);
});
