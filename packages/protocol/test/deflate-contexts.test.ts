// Few zlib streams for many connections: who has which, what each has seen, and how much is done in one turn.
import { describe, expect, test } from "vitest";

import { ContextGroup, DeflateContexts } from "../src/deflate/contexts.ts";
import { createDeflateExtension, type Zlib, type ZlibStream } from "../src/deflate/index.ts";
import { History } from "../src/deflate/history.ts";
import { createPakoZlib } from "../src/deflate/pako.ts";
import type { DeflateTransform } from "../src/deflate/transform.ts";
import type { MessageTransform } from "../src/index.ts";
import { listOf } from "./extension-lists.ts";

class Stream implements ZlibStream {
  closed = 0;
  readonly inputLeft = 0;
  readonly outputLeft = 0;
  reset = (): void => undefined;
  write = (): boolean => true;
  close = (): void => void this.closed++;
}

function group(size: number): { streams: Stream[]; group: ContextGroup } {
  const streams: Stream[] = [];
  return { streams, group: new ContextGroup(size, () => (streams.push(new Stream()), streams.at(-1)!)) };
}

const historyOf = (length: number): History => {
  const history = new History(64);
  history.append(new Uint8Array(length));
  return history;
};

describe("a stream", () => {
  test.each([0, 1, 2, 5])("that has seen nothing yet of a history of %i bytes is not at its end", (length) => {
    const context = group(1).group.take(historyOf(length));
    expect(context.isAt(historyOf(length))).toBe(false);
    const history = historyOf(length);
    context.assign(history);
    expect([context.belongsTo(history), context.isAt(history)]).toEqual([true, false]);
    context.advance(history, 3);
    expect(context.isAt(history)).toBe(false);
    history.append(new Uint8Array(3));
    expect([context.isAt(history), context.isAt(historyOf(length + 3))]).toEqual([true, false]);
    history.append(new Uint8Array(1));
    expect(context.isAt(history)).toBe(false);
  });

  test.each([0, 1, 2])("that is spoilt, or given to another, is at nobody's end (%i bytes)", (length) => {
    const context = group(1).group.take(undefined);
    const [history, other] = [historyOf(length), historyOf(length)];
    for (const lose of [() => context.spoil(), () => context.assign(history), () => context.assign(other)]) {
      context.assign(history);
      context.advance(history, 0);
      expect(context.isAt(history)).toBe(true);
      lose();
      expect([context.isAt(history), context.isAt(other)]).toEqual([false, false]);
    }
  });
});

describe("streams that are alike", () => {
  test("each connection finds its own again, while there are enough", () => {
    const { group: own, streams } = group(3);
    const histories = [historyOf(1), historyOf(2), historyOf(3)];
    const contexts = histories.map((history) => own.take(history));
    for (const [index, history] of histories.entries()) expect(own.take(history)).toBe(contexts[index]);
    expect([streams.length, new Set(contexts).size]).toEqual([3, 3]);
  });

  test("with more connections than streams one loses its own, any of them, and no stream is made", () => {
    const { group: own, streams } = group(4);
    const histories = Array.from({ length: 100 }, (_, index) => historyOf(index));
    const given = histories.map((history) => {
      const context = own.take(history);
      expect([context.belongsTo(history), context.isAt(history)]).toEqual([true, false]);
      return context;
    });
    expect(streams.length).toBe(4);
    expect(new Set(given.slice(4)).size).toBe(4);
    const lost = histories.filter((history, index) => !given[index]!.belongsTo(history));
    expect(lost.length).toBe(96);
    expect(own.take(lost[0]).belongsTo(lost[0]!)).toBe(true);
  });

  test("messages without history share a stream of their own", () => {
    const { group: own, streams } = group(1);
    const plain = own.take(undefined);
    expect([own.take(undefined), own.take(historyOf(1)) === plain, streams.length]).toEqual([plain, false, 2]);
  });

  test("tasks borrow one each; one that comes back is kept for the next, a second one is closed", () => {
    const { group: own, streams } = group(1);
    const [first, second, third] = [own.borrow(), own.borrow(), own.borrow()];
    expect(new Set([first, second, third]).size).toBe(3);
    for (const stream of [first, second, third]) own.release(stream);
    expect(streams.map(({ closed }) => closed)).toEqual([0, 1, 1]);
    expect(own.borrow()).toBe(first);
    expect([own.borrow() === first, streams.length]).toEqual([false, 4]);
  });
});

/** A turn of the loop is when the test says so. */
function contexts(limits = {}): { contexts: DeflateContexts; turn: () => Promise<void>; waiting: (() => void)[]; zlib: Zlib } {
  const waiting: (() => void)[] = [];
  const zlib: Zlib = {
    createDeflate: () => new Stream(),
    createInflate: () => new Stream(),
    pause: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
  const turn = async (): Promise<void> => {
    for (const resolve of waiting.splice(0)) resolve();
    for (let count = 0; count < 10; count++) await Promise.resolve();
  };
  return { contexts: new DeflateContexts(zlib, limits), turn, waiting, zlib };
}

describe("the streams of a program", () => {
  test("are shared by all that want the same of them, and by no others", () => {
    const { contexts: own } = contexts();
    const seen = new Set<ContextGroup>();
    for (let windowBits = 8; windowBits <= 15; windowBits++) {
      for (let level = 1; level <= 9; level++) {
        for (let memLevel = 1; memLevel <= 9; memLevel++) {
          const deflates = own.deflate({ windowBits, level, memLevel });
          expect(own.deflate({ windowBits, level, memLevel })).toBe(deflates);
          seen.add(deflates);
        }
      }
      seen.add(own.inflate(windowBits));
      expect(seen.has(own.inflate(windowBits))).toBe(true);
    }
    expect(seen.size).toBe(8 * 9 * 9 + 8);
  });

  test("are as many as the limits say", () => {
    const { contexts: own } = contexts({ deflates: 3, inflates: 2 });
    const used = (group: ContextGroup): number => new Set(Array.from({ length: 50 }, () => group.take(historyOf(1)))).size;
    expect([used(own.deflate({ windowBits: 15, level: 1, memLevel: 8 })), used(own.inflate(15))]).toEqual([3, 2]);
    const { contexts: standard } = contexts();
    expect([used(standard.deflate({ windowBits: 15, level: 1, memLevel: 8 })), used(standard.inflate(15))]).toEqual([32, 16]);
  });
});

describe("one turn of the loop", () => {
  test("admits work up to its measure, and the next turn as much again", async () => {
    const { contexts: own, turn, waiting } = contexts();
    for (let round = 0; round < 3; round++) {
      expect([own.admits(10, 20), own.admits(9, 20), own.admits(100, 20), own.admits(1, 20)]).toEqual([true, true, true, false]);
      // One look at the next turn, whatever was admitted.
      expect(waiting.length).toBe(1);
      await turn();
      expect([own.admits(20, 20), own.admits(1, 20)]).toEqual([true, false]);
      await turn();
    }
  });

  test("admits everything where nothing can wait for the next", () => {
    const { zlib } = contexts();
    const own = new DeflateContexts({ ...zlib, pause: undefined });
    for (let round = 0; round < 3; round++) expect(own.admits(1e9, 1)).toBe(true);
  });
});

describe("large messages in progress", () => {
  test.each([
    [undefined, 4],
    [1, 1],
    [2, 2],
  ])("are as many as `tasks` says (%s), and the others have their turn in order", async (tasks, most) => {
    const { contexts: own, turn } = contexts({ tasks });
    for (let round = 0; round < 2; round++) {
      const entered: number[] = [];
      for (let index = 0; index < most + 3; index++) void own.enter().then(() => entered.push(index));
      await turn();
      for (let left = 0; left < most + 3; left++) {
        expect(entered).toEqual(Array.from({ length: Math.min(most + left, most + 3) }, (_, index) => index));
        own.leave();
        await turn();
      }
    }
  });
});

describe("connections that take turns with one stream", () => {
  test.each([16, 17, 31])("each message is compressed with its own connection's last %i bytes, wherever their memory begins", (history) => {
    const own = new DeflateContexts(createPakoZlib(), { deflates: 1, inflates: 1 });
    const extension = createDeflateExtension(own, { history, threshold: 0 });
    const connections = ["abcdefgh", "hgfedcba"].map((letters) => {
      const { transform, response } = extension.accept(listOf(extension.offer()))!;
      return { letters, transform, peer: extension.confirm(listOf(response)[0]!.params) as MessageTransform };
    });
    for (let round = 0; round < 40; round++) {
      for (const { letters, transform, peer } of connections) {
        const message = new TextEncoder().encode((letters.slice(round % 8) + letters.repeat(3)).slice(0, 15));
        const sent = transform.encode(message) as Uint8Array;
        if (sent !== message) expect(peer.decode(sent, 1000)).toEqual(message);
      }
    }
  });
});

describe("no context takeover", () => {
  test.each(["client", "server"] as const)("is of the direction that was agreed on: the %s's", (role) => {
    const extension = createDeflateExtension(new DeflateContexts(createPakoZlib()), {
      [`${role}NoContextTakeover`]: true,
      threshold: 0,
    });
    const { transform, response } = extension.accept(listOf(extension.offer()))!;
    const ends = { server: transform as DeflateTransform, client: extension.confirm(listOf(response)[0]!.params) as DeflateTransform };
    const exchange = (from: "client" | "server", to: "client" | "server"): [number, number] => {
      const message = new Uint8Array(1000);
      ends[to].decode(ends[from].encode(message)!, 1000);
      return [ends.client.heldBytes, ends.server.heldBytes];
    };
    const other = role === "client" ? "server" : "client";
    expect(exchange(role, other)).toEqual([0, 0]);
    const [client, server] = exchange(other, role);
    expect([client > 0, server > 0]).toEqual([true, true]);
    for (const end of [ends.client, ends.server]) end.close();
    expect([ends.client.heldBytes, ends.server.heldBytes]).toEqual([0, 0]);
  });
});
