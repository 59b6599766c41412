/** Destruction and loss: what is reported, when, and what is counted as never having left. */
import { assert, delay, equal, eventually, stall } from "../case.ts";
import { bytes, collect, Recorder, type TransportCase, vanish, Watched } from "./record.ts";

export const loss: readonly TransportCase[] = [
  {
    name: "reports a peer that vanishes once",
    async run(kind, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      peer.write("x");
      await eventually(() => record.text === "x", "x");
      vanish(peer, kind);
      await eventually(() => record.log.includes("closed") || record.log.includes("ended"), "reported");
      transport.destroy();
      await eventually(() => record.log.includes("closed"), "closed");
      await delay(20, "nothing follows");
      equal([record.log.filter((event) => event === "closed").length, record.log.at(-1)], [1, "closed"]);
      if (kind === "TCP") equal((record.error as { code?: unknown }).code, "ECONNRESET");
    },
  },
  {
    name: "destroy drops what is buffered, which stays counted; what is done to it afterwards is ignored",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.pause();
      transport.start(record);
      transport.write([new Uint8Array(48 << 20)]);
      // What the kernel takes at once may have been taken by now, or not yet.
      await delay(20, "the kernel takes its time");
      const left = transport.bufferedBytes;
      assert(left > 0, "something is left");
      transport.destroy();
      equal(transport.bufferedBytes, left, "what never left");
      transport.write([bytes("ignored")]);
      transport.end();
      transport.pause();
      transport.resume();
      transport.destroy();
      await eventually(() => record.log.includes("closed"), "closed");
      await delay(20, "nothing follows");
      equal([record.log, record.drains, transport.bufferedBytes], [["closed"], 0, left]);
    },
  },
  {
    name: "bufferedBytes stays what never left when the peer vanishes",
    async run(kind, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.pause();
      transport.start(record);
      transport.write([new Uint8Array(32 << 20), new Uint8Array(8 << 20)]);
      transport.write([new Uint8Array(8 << 20)]);
      await delay(20, "the kernel takes its time");
      const left = transport.bufferedBytes;
      assert(left > 0, "something is left");
      vanish(peer, kind);
      await eventually(() => record.log.includes("closed"), "closed");
      await delay(20, "nothing follows");
      equal([transport.bufferedBytes > 0, transport.bufferedBytes <= left, record.drains], [true, true, 0], "what never left");
    },
  },
  {
    name: "bufferedBytes counts what is written in the turn in which the peer vanishes",
    async run(kind, pair) {
      // Behind TLS the kernel takes what is written after a FIN, as ever.
      if (kind === "TLS") return;
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      // Unread, so that a Unix socket is reset as well.
      transport.write([bytes("unread")]);
      await eventually(() => transport.bufferedBytes === 0, "taken");
      await delay(20, "the kernel takes its time");
      const { drains } = record;
      vanish(peer, kind);
      // Time: this turn lasts until the loss has come in, which it cannot see.
      stall(20);
      transport.write([new Uint8Array(1_000), new Uint8Array(1_000)]);
      transport.write([new Uint8Array(1_000)]);
      await eventually(() => record.log.includes("closed"), "closed");
      equal([transport.bufferedBytes, record.drains], [3_000, drains], "what never left");
    },
  },
  {
    name: "destroy after end, while a peer reads nothing and after both FINs",
    async run(_, pair) {
      for (const full of [true, false]) {
        const { peer, transport } = await pair();
        const record = new Recorder();
        if (full) peer.pause();
        const got = collect(peer);
        if (full) peer.pause();
        transport.start(record);
        transport.write([new Uint8Array(full ? 48 << 20 : 1)]);
        transport.end();
        if (!full) await eventually(() => got.ended, "FIN");
        transport.destroy();
        peer.resume();
        await eventually(() => record.log.includes("closed"), "closed");
        await eventually(() => got.ended || got.closed, "the peer sees the end");
        equal(record.log, ["closed"]);
      }
    },
  },
  {
    name: "never calls the sink from within a call",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const watched = new Watched(transport);
      watched.call("start", watched);
      peer.end("x".repeat(100_000));
      peer.resume();
      for (let step = 0; step < 50; step++) {
        watched.call("pause");
        watched.call("write", [new Uint8Array(10_000), new Uint8Array(100_000)]);
        watched.call("resume");
        await delay(0, "at another moment");
      }
      watched.call("end");
      await eventually(() => watched.log.includes("closed"), "closed");
      equal([watched.broken, watched.log], [undefined, ["received", "ended", "closed"]]);
    },
  },
  {
    name: "never calls the sink from within destroy, and reports nothing but closed afterwards",
    async run(kind, pair) {
      for (const state of ["fresh", "paused", "full", "ended by the peer", "ended", "read from", "lost"]) {
        const { peer, transport } = await pair();
        const watched = new Watched(transport);
        watched.call("start", watched);
        if (state !== "full") peer.resume();
        if (state === "paused") watched.call("pause");
        if (state === "full") watched.call("write", [new Uint8Array(48 << 20)]);
        if (state === "ended by the peer") peer.end();
        if (state === "read from" || state === "paused") peer.write(new Uint8Array(1 << 20));
        if (state === "ended") watched.call("end");
        if (state === "lost") vanish(peer, kind);
        else await delay(10, "at another moment");
        const before = watched.log.length;
        watched.call("destroy");
        await eventually(() => watched.log.includes("closed"), `closed when ${state}`);
        await delay(10, "nothing follows");
        equal([watched.broken, watched.log.slice(before)], [undefined, ["closed"]], state);
      }
    },
  },
  {
    name: "reports a loss before start, once it has started, and not from within start",
    async run(kind, pair) {
      for (const destroyed of [true, false]) {
        const { peer, transport } = await pair();
        const watched = new Watched(transport);
        if (destroyed) watched.call("destroy");
        else vanish(peer, kind);
        await delay(20, "at another moment");
        watched.call("start", watched);
        // Without an error of its own a transport need not tell a loss from an end.
        await eventually(() => watched.log.length > 0, "reported");
        watched.call("destroy");
        await eventually(() => watched.log.includes("closed"), "closed");
        await delay(10, "nothing follows");
        equal([watched.broken, watched.log.filter((event) => event === "closed").length, watched.log.at(-1)], [undefined, 1, "closed"]);
      }
    },
  },
  {
    name: "destroy behind an end that has left does not reset",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const got = collect(peer);
      let error: unknown;
      peer.on("error", (thrown) => (error = thrown));
      transport.write([bytes("bye")]);
      transport.end();
      transport.destroy();
      await eventually(() => got.ended, "FIN");
      equal([error, record.log], [undefined, ["closed"]]);
    },
  },
  {
    name: "destroy resets a TCP connection where the runtime can",
    async run(kind, pair, canReset) {
      if (kind !== "TCP" || !canReset) return;
      const { peer, transport } = await pair();
      transport.start(new Recorder());
      let error: { code?: unknown } | undefined;
      peer.on("error", (thrown: Error & { code?: unknown }) => (error = thrown));
      let closed = false;
      peer.on("close", () => (closed = true));
      transport.destroy();
      await eventually(() => closed, "closed");
      equal(error?.code, "ECONNRESET");
    },
  },
];
