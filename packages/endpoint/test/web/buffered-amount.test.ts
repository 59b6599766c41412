import fc from "fast-check";
import { expect, test } from "vitest";

import { BufferedAmount } from "../../src/web/buffered-amount.ts";
import { TestHost } from "./host.ts";

/** A connection whose bytes are transmitted when the test says so. */
function setting(): { amount: BufferedAmount; connection: { bufferedBytes: number }; runTasks: () => void } {
  const tasks: (() => void)[] = [];
  const amount = new BufferedAmount((task) => tasks.push(task));
  const connection = { bufferedBytes: 0 };
  amount.opened(connection);
  return { amount, connection, runTasks: () => tasks.splice(0).forEach((task) => task()) };
}

test("counts messages without their framing, whichever part of them is transmitted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.nat(70_000), header: fc.constantFrom(6, 8, 14) }), { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (messages, split) => {
        const { amount, connection, runTasks } = setting();
        for (const { size, header } of messages) {
          amount.add(size);
          amount.give(size, () => {
            connection.bufferedBytes += size + header;
            return true;
          });
        }
        const total = messages.reduce((sum, { size }) => sum + size, 0);
        expect(amount.value).toBe(total);
        const transmitted = split % (connection.bufferedBytes + 1);
        connection.bufferedBytes -= transmitted;
        // What is left of each frame, in order, without its header.
        let left = transmitted;
        let expected = 0;
        for (const { size, header } of messages) {
          const taken = Math.min(left, size + header);
          left -= taken;
          expected += size - Math.max(0, taken - header);
        }
        expect(amount.value, "in the same task").toBe(total);
        runTasks();
        expect(amount.value).toBe(expected);
      },
    ),
  );
});

test("what was not accepted stays for good; what was, is transmitted when the closing was clean", () => {
  for (const [wasClean, left] of [
    [true, 5],
    [false, 15],
  ] as const) {
    const { amount, connection, runTasks } = setting();
    amount.add(10);
    amount.give(10, () => ((connection.bufferedBytes += 16), true));
    amount.add(5);
    amount.give(5, () => false);
    runTasks();
    amount.closed(wasClean);
    expect(amount.value).toBe(left);
    amount.add(1);
    runTasks();
    expect(amount.value).toBe(left + 1);
  }
});

test.each(["lost", "terminated", "overflowing"])("what never left stays when the connection is %s in the turn of the send", async (how) => {
  const size = 5_000;
  const host = new TestHost({ capacity: 1_000 });
  const socket = new host.WebSocket("ws://localhost", { compress: false, maxBufferedBytes: size });
  const log: string[] = [];
  for (const type of ["open", "error", "close"]) socket.addEventListener(type, () => log.push(`${type} ${socket.bufferedAmount}`));
  await host.run();
  const [client, server] = host.transports.at(-1)!;
  socket.send(new Uint8Array(size));
  if (how === "lost") server.destroy();
  if (how === "terminated") socket.terminate();
  if (how === "overflowing") socket.send(new Uint8Array(1));
  expect(socket.bufferedAmount).toBe(how === "overflowing" ? size + 1 : size);
  await host.run();
  // What the pipe took has left, without the frame's header; nothing else has.
  expect(client.closed).toBe(true);
  const amount = socket.bufferedAmount;
  expect(amount).toBeGreaterThanOrEqual(size - 1_000);
  expect(log).toEqual(["open 0", ...(how === "terminated" ? [] : [`error ${amount}`]), `close ${amount}`]);
  await host.run();
  expect(socket.bufferedAmount).toBe(amount);
  socket.send("12");
  await host.run();
  expect(socket.bufferedAmount).toBe(amount + 2);
});
