import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { WriteQueue } from "../src/transports/write-queue.ts";

/** Of a transport that nothing breaks. */
const unbroken = { destroy: (): never => expect.unreachable("destroyed") };

/** Writes as a runtime does: what `next` gives, at most `room` bytes at a time. */
function drain(queue: WriteQueue, rooms: Iterator<number>, writes: number[]): Uint8Array {
  const written: number[] = [];
  for (let bytes = queue.next(); bytes !== undefined; bytes = queue.next()) {
    const length = Math.min(bytes.length, (rooms.next().value as number | undefined) ?? bytes.length);
    written.push(...bytes.subarray(0, length));
    queue.written(length);
    writes.push(length);
  }
  return Uint8Array.from(written);
}

describe("the write queue", () => {
  test("gives every byte once, in order, however little is taken at a time", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), fc.array(fc.nat(60)), (pieces, rooms) => {
        const queue = new WriteQueue(unbroken);
        for (const piece of pieces) queue.add([piece]);
        const all = pieces.flatMap((piece) => [...piece]);
        expect(queue.byteLength).toBe(all.length);
        expect([...drain(queue, rooms.values(), [])]).toEqual(all);
        expect(queue.byteLength).toBe(0);
      }),
    );
  });

  /** A queue whose transport counts how often it is destroyed. */
  function broken(): { queue: WriteQueue; destroyed: () => number } {
    let times = 0;
    const queue: WriteQueue = new WriteQueue({
      destroy() {
        times++;
        queue.discard();
      },
    });
    return { queue, destroyed: () => times };
  }

  test.each([0, 40_000])(
    "gives nothing of a piece that was transferred, and destroys the transport, with %d bytes of it written",
    (written) => {
      const { queue, destroyed } = broken();
      const large = new Uint8Array(100_000);
      queue.add([large]);
      expect(queue.next()).toBe(large);
      queue.written(written);
      structuredClone(large, { transfer: [large.buffer] });
      expect([queue.next(), destroyed(), queue.byteLength]).toEqual([undefined, 1, 100_000 - written]);
      expect([queue.next(), destroyed()]).toEqual([undefined, 1]);
    },
  );

  test("joins nothing with a piece that was transferred, and gives nothing in its place", () => {
    const { queue, destroyed } = broken();
    const lent = new Uint8Array(20_000);
    queue.add([new Uint8Array(4), lent, new Uint8Array(2)]);
    structuredClone(lent, { transfer: [lent.buffer] });
    expect(queue.next()!.length).toBe(4);
    queue.written(4);
    expect([queue.next(), destroyed(), queue.byteLength]).toEqual([undefined, 1, 20_002]);
  });

  test("joins small pieces into one write and leaves the large ones alone, uncopied", () => {
    const queue = new WriteQueue(unbroken);
    const large = new Uint8Array(100_000);
    queue.add([new Uint8Array(10), new Uint8Array(20), large, new Uint8Array(5)]);
    expect(queue.next()!.length).toBe(30);
    queue.written(30);
    expect(queue.next()).toBe(large);
    queue.written(100_000);
    expect(queue.next()!.length).toBe(5);
  });

  test("a piece that is being written is joined with nothing that comes later", () => {
    const queue = new WriteQueue(unbroken);
    queue.add([Uint8Array.of(1, 2, 3)]);
    const first = queue.next()!;
    queue.add([Uint8Array.of(4)]);
    queue.written(1);
    expect([first, queue.next()]).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(2, 3)]);
    queue.written(2);
    expect(queue.next()).toEqual(Uint8Array.of(4));
  });

  test("lets go of what can be sent no more, and goes on counting it", () => {
    const queue = new WriteQueue(unbroken);
    queue.add([Uint8Array.of(1, 2)]);
    queue.next();
    queue.written(1);
    queue.add([Uint8Array.of(3, 4)]);
    queue.discard();
    expect([queue.next(), queue.byteLength]).toEqual([undefined, 3]);
  });
});
