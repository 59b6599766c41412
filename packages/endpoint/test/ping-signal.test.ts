import { expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { countedSignal } from "../../contract/src/counted-signal.ts";
import { openRaw } from "./support/raw-connection.ts";

test("ping only rejects, also for a payload that cannot be sent", async () => {
  const { connection } = await openRaw({}, {});
  const refused = connection.ping(new Uint8Array(126));
  await expect(refused).rejects.toThrow(RangeError);
  await expect(connection.ping(undefined, { signal: new AbortController() } as never)).rejects.toThrow("signal must be an AbortSignal");
  await expect(connection.ping(undefined, { timeout: 5 } as never)).rejects.toThrow("there is no option timeout");
});

test("ping rejects with the signal's reason, and leaves nothing on the signal", async () => {
  const { connection } = await openRaw({}, {});
  const counted = countedSignal();
  const { signal } = counted;
  const pinged = connection.ping(undefined, { signal });
  await settle();
  expect(counted.listeners).toBe(1);
  counted.abort("enough");
  await expect(pinged).rejects.toBe("enough");
  await expect(connection.ping(undefined, { signal })).rejects.toBe("enough");
  expect([counted.listeners, connection.state]).toEqual([0, "open"]);
});
