/** Bytes both ways, the end of each way, and flow control. */
import { assert, delay, equal, eventually, pattern } from "../case.ts";
import { bytes, collect, Recorder, type TransportCase } from "./record.ts";

export const streaming: readonly TransportCase[] = [
  {
    name: "reads nothing before start, then delivers plain Uint8Arrays in order",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.write("one ");
      peer.write("two");
      await delay(20, "nothing follows");
      equal(record.log, []);
      transport.start(record);
      await eventually(() => record.text === "one two", "everything is delivered");
      assert(record.plain, "Uint8Array, not a subclass");
    },
  },
  {
    name: "writes pieces in order",
    async run(_, pair) {
      const { peer, transport } = await pair();
      transport.start(new Recorder());
      const got = collect(peer);
      transport.write([bytes("a")]);
      transport.write([bytes("b"), bytes("c"), bytes("d")]);
      transport.write([pattern(100_000, 1), bytes("e"), pattern(200_000, 2)]);
      transport.end();
      await eventually(() => got.ended, "FIN");
      equal(Buffer.from(got.bytes.subarray(0, 4)).toString(), "abcd");
      equal(got.bytes.subarray(4, 100_004), pattern(100_000, 1));
      equal(got.bytes.subarray(100_005), pattern(200_000, 2));
    },
  },
  {
    name: "half-closes after what is written and goes on reading; closed comes once, last, without an error",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const got = collect(peer);
      transport.write([pattern(1 << 20)]);
      transport.end();
      await eventually(() => got.ended, "FIN");
      equal(got.bytes, pattern(1 << 20));
      peer.end("after your FIN");
      await eventually(() => record.log.includes("closed"), "closed");
      equal([record.text, record.log, record.error], ["after your FIN", ["received", "ended", "closed"], undefined]);
    },
  },
  {
    name: "writes on after the peer's FIN",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const got = collect(peer);
      peer.end("bye");
      await eventually(() => record.log.includes("ended"), "ended");
      await delay(20, "at another moment");
      transport.write([bytes("still "), bytes("here")]);
      transport.end();
      await eventually(() => record.log.includes("closed") && got.ended, "closed");
      equal([Buffer.from(got.bytes).toString(), record.log, record.error], ["still here", ["received", "ended", "closed"], undefined]);
    },
  },
  {
    name: "counts what a peer that does not read leaves behind, and says when it has gone",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.pause();
      transport.start(record);
      const size = 48 << 20;
      transport.write([new Uint8Array(size)]);
      transport.write([new Uint8Array(10)]);
      await delay(50, "the kernel takes its time");
      assert(transport.bufferedBytes > 0 && transport.bufferedBytes <= size + 10, `bufferedBytes: ${transport.bufferedBytes}`);
      equal(record.drains, 0);
      let length = 0;
      peer.on("data", (chunk: Uint8Array) => {
        length += chunk.length;
      });
      peer.resume();
      await eventually(() => record.drains > 0 && length === size + 10, "drained");
      equal(transport.bufferedBytes, 0);
    },
  },
  {
    name: "many writes of several pieces arrive whole and in order at a peer that reads late; what was taken may be overwritten",
    async run(_, pair) {
      const { peer, transport } = await pair();
      peer.pause();
      transport.start(new Recorder());
      const expected: Uint8Array[] = [];
      for (let index = 0; index < 200; index++) {
        const pieces = [pattern(4 + index, index), pattern((index * 7919) % 70_000, index), pattern(index % 3, index)];
        expected.push(...pieces.map((piece) => piece.slice()));
        transport.write([...pieces]);
        if (transport.copies === true && transport.bufferedBytes === 0) for (const piece of pieces) piece.fill(0xdd);
      }
      assert(transport.bufferedBytes > 0, "more than the kernel takes");
      transport.end();
      const got = collect(peer);
      peer.resume();
      await eventually(() => got.ended, "FIN");
      const all = Buffer.concat(expected);
      equal(got.bytes.length, all.length);
      assert(all.equals(got.bytes), "the same bytes");
    },
  },
  {
    name: "stops a sender while paused, and loses nothing",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      transport.pause();
      const size = 48 << 20;
      peer.write(new Uint8Array(size));
      await delay(100, "the kernel takes its time");
      // What was on its way when reading stopped.
      assert(record.byteLength <= 512 << 10, `read ${record.byteLength} bytes`);
      assert(peer.writableLength > 0, "the peer is stuck");
      transport.resume();
      await eventually(() => record.byteLength === size, "everything arrived");
    },
  },
  {
    name: "pause and resume at random lose and repeat nothing",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const sent = pattern(3 << 20);
      peer.end(sent);
      let paused = false;
      for (let step = 0; !record.log.includes("ended") && step < 2_000; step++) {
        if (paused) transport.resume();
        else transport.pause();
        paused = !paused;
        if (step % 3 === 0) await delay(0, "at another moment");
      }
      transport.resume();
      await eventually(() => record.log.includes("ended"), "FIN");
      equal(record.bytes, sent);
    },
  },
  {
    name: "a second start moves delivery to the new sink and repeats nothing",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const [first, second] = [new Recorder(), new Recorder()];
      transport.start(first);
      peer.write("first");
      await eventually(() => first.text === "first", "first");
      transport.start(second);
      peer.end("second");
      await eventually(() => second.log.includes("ended"), "second");
      equal([first.text, second.text], ["first", "second"]);
    },
  },
];
