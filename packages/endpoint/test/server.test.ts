import { Opcode } from "@ws/codec";
import {
  connectTarget,
  listenWith,
  memoryTransportPair,
  type ConnectionHandler,
  type MemoryTransport,
  type NoContext,
  type Server,
  type ServerOptions,
} from "@ws/endpoint";
import { describe, expect, test, vi } from "vitest";

import type { HandOff } from "../src/opening/hand-off.ts";
import type { HttpAcceptor } from "../src/server.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { ascii, clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";

async function listening(options: ServerOptions = {}, handler: ConnectionHandler<undefined> = {}, handOff?: HandOff<MemoryTransport>) {
  const { clock, host, group } = manualHost();
  const listener = { port: 8080, hostname: "127.0.0.1", close: vi.fn() };
  let acceptor!: HttpAcceptor<MemoryTransport>;
  const server: Server = await listenWith<NoContext, MemoryTransport>(
    host,
    {
      open: (given: HttpAcceptor<MemoryTransport>) => {
        acceptor = given;
        if (handOff !== undefined) {
          given.handOrdinaryTo({ serve: handOff, size: 0, close: () => Promise.resolve(), abort: () => undefined });
        }
        return Promise.resolve(listener);
      },
    },
    options,
    handler,
  );
  const transports: MemoryTransport[] = [];
  const connect = async (...bytes: (string | Uint8Array)[]): Promise<RawPeer> => {
    const [near, far] = memoryTransportPair(clock);
    transports.push(far);
    const peer = new RawPeer(near);
    if (bytes.length > 0) peer.write(...bytes);
    acceptor.accept(far);
    await settle();
    return peer;
  };
  const expectReleased = (): void => {
    expect([clock.pending, group.deadlines.size, server.connections.size]).toEqual([0, 0, 0]);
    expect(transports.every(({ closed }) => closed)).toBe(true);
  };
  return { clock, group, server, listener, acceptor, connect, transports, expectReleased };
}

const status = (peer: RawPeer): string => peer.takeText().slice(9, 12);

describe("a server", () => {
  test("knows its address and its connections, which may be iterated while they come and go", async () => {
    const { server, connect, clock } = await listening();
    const peers = [await connect(UPGRADE), await connect(UPGRADE), await connect(UPGRADE)];
    expect([server.url, server.port, server.hostname, server.unix]).toEqual(["ws://127.0.0.1:8080", 8080, "127.0.0.1", undefined]);
    expect(server.connections.size).toBe(3);
    for (const connection of server.connections) {
      expect(connection.request!.target).toBe("/chat");
      connection.abort();
      await settle();
    }
    expect(server.connections.size).toBe(0);
    expect(peers.every(({ closed_ }) => closed_)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test.each([
    [{ port: 80, hostname: "chat.example" }, "ws://chat.example:80"],
    [{ port: 443, hostname: "localhost", secure: true }, "wss://localhost:443"],
    [{ port: 8080, hostname: "::1" }, "ws://[::1]:8080"],
    [{ port: 8080, hostname: "[::1]" }, "ws://[::1]:8080"],
    [{ port: 8080, hostname: "fd00::7:0", secure: false }, "ws://[fd00::7:0]:8080"],
    [{ port: 8080, hostname: "fe80::1%eth0" }, "ws://[fe80::1]:8080"],
    [{ port: 8080, hostname: "::1%lo", secure: true }, "wss://[::1]:8080"],
    [{ port: 8080, hostname: "::%2" }, "ws://[::1]:8080"],
    [{ port: 8080, hostname: "0.0.0.0" }, "ws://127.0.0.1:8080"],
    [{ port: 8080, hostname: "::ffff:0.0.0.0" }, "ws://127.0.0.1:8080"],
    [{ port: 8080, hostname: "::" }, "ws://[::1]:8080"],
    [{ port: 8080, hostname: "[::]" }, "ws://[::1]:8080"],
    [{ port: 8080, hostname: "0:0:0:0:0:0:0:0" }, "ws://[::1]:8080"],
    [{ port: 8080, hostname: "10.0.0.0" }, "ws://10.0.0.0:8080"],
    [{ port: 8080, hostname: "" }, "ws://localhost:8080"],
    [{ port: 0, hostname: "", unix: "/run/chat.sock" }, "ws://localhost"],
    [{ port: 0, hostname: "", unix: "/run/chat.sock", secure: true }, "wss://localhost"],
  ])("its URL is one that a client on the same machine can use: %o", async (address, url) => {
    const { host } = manualHost();
    const server = await listenWith(host, { open: () => ({ ...address, close: () => undefined }) }, {}, {});
    const { port, hostname, unix } = { unix: undefined, ...address };
    expect(server).toMatchObject({ port, hostname, unix, url });
    expect(new URL(url).host).toBe(connectTarget(new URL(url)).host);
  });

  test("its connections can be looked at, and not be changed", async () => {
    const { server, connect } = await listening();
    await connect(UPGRADE);
    const { connections } = server;
    for (const name of ["add", "delete", "clear"]) expect(connections).not.toHaveProperty(name);
    const iterator = connections[Symbol.iterator]();
    expect(() => Set.prototype.clear.call(connections)).toThrow(TypeError);
    expect(() => Set.prototype.clear.call(iterator)).toThrow(TypeError);
    expect(Object.getOwnPropertyNames(connections)).toEqual([]);
    // One that comes while they are iterated is met.
    const [first] = iterator;
    expect(first).toBe([...connections][0]);
    const seen = new Set<unknown>();
    for (const connection of connections) {
      if (seen.size === 0) await connect(UPGRADE);
      seen.add(connection);
    }
    expect([seen.size, connections.size]).toEqual([2, 2]);
  });

  test("disposed of, it closes, and so does a connection", async () => {
    const { server, connect, clock, expectReleased } = await listening();
    const peer = await connect(UPGRADE);
    expect(status(peer)).toBe("101");
    const [connection] = server.connections;
    const disposing = connection![Symbol.asyncDispose]();
    await settle();
    expect(connection!.state).toBe("closing");
    await clock.advance(20_000);
    await disposing;
    expect(peer.takeFrames("client")[0]!.payload).toEqual(Uint8Array.of(3, 0xe8));
    await server[Symbol.asyncDispose]();
    await server.close();
    expectReleased();
  });

  test("a connection is in `connections` when its open is called, and no more when its transport is released", async () => {
    const sizes: number[] = [];
    const { connect, server } = await listening(
      {},
      { open: () => sizes.push(server.connections.size), close: () => sizes.push(server.connections.size) },
    );
    const peer = await connect(UPGRADE);
    peer.transport.destroy();
    await settle();
    expect(sizes).toEqual([1, 1]);
    expect(server.connections.size).toBe(0);
  });

  test("refuses with 503 above maxConnections, and accepts again below it", async () => {
    const { connect, server } = await listening({ maxConnections: 2 });
    const peers = [await connect(UPGRADE), await connect(UPGRADE)];
    expect(status(await connect(UPGRADE))).toBe("503");
    peers[0]!.transport.destroy();
    await settle();
    expect(status(await connect(UPGRADE))).toBe("101");
    expect(server.connections.size).toBe(2);
  });

  test("refuses with 503 above maxPendingHandshakes, and answers nobody under a flood", async () => {
    const { connect, clock, expectReleased } = await listening({ maxPendingHandshakes: 2 });
    const slow = [await connect("GET"), await connect("GET")];
    const refused = await connect("GET");
    expect(status(refused)).toBe("503");
    for (let index = 0; index < 2; index++) await connect("GET");
    const flood = await connect("GET");
    expect([flood.takeText(), flood.closed_]).toEqual(["", true]);
    for (const peer of slow) peer.transport.destroy();
    await clock.advance(20_000);
    expectReleased();
    expect(status(await connect(UPGRADE))).toBe("101");
  });

  test("hands ordinary HTTP requests off with every byte read, and upgrades are not affected", async () => {
    const handed: [MemoryTransport, string][] = [];
    const { connect, clock, group, server } = await listening({}, {}, (transport, { headBytes, rest }) => {
      handed.push([transport, String.fromCharCode(...headBytes, ...rest)]);
      return undefined;
    });
    const request = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    const peer = await connect(request.slice(0, 20), request.slice(20));
    expect(handed.map(([, bytes]) => bytes)).toEqual([request]);
    expect([peer.takeText(), handed[0]![0].closed]).toEqual(["", false]);
    expect(status(await connect(UPGRADE))).toBe("101");
    expect(status(await connect("garbage"))).toBe("");
    expect(status(await connect("garbage\r\n\r\n"))).toBe("400");
    expect(status(await connect(UPGRADE.replace("13", "12")))).toBe("426");
    expect(handed).toHaveLength(1);
    await clock.advance(0);
    expect([server.connections.size, group.deadlines.size]).toEqual([1, 4]);
  });

  test("reads the next head of a transport that has carried an ordinary request, and does not count it among pending handshakes", async () => {
    const seen: unknown[] = [];
    const handed: MemoryTransport[] = [];
    const { connect, acceptor, clock, server, expectReleased } = await listening(
      { maxPendingHandshakes: 1, handshakeTimeout: 300 },
      { message: (_, message) => seen.push(message) },
      (transport) => {
        handed.push(transport);
        return undefined;
      },
    );
    const ordinary = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const peers = [await connect(ordinary), await connect(ordinary), await connect(ordinary)];
    for (const transport of handed) acceptor.acceptNext(transport, ascii(""));
    peers[0]!.write(UPGRADE, clientFrame(Opcode.TEXT, "hi"));
    await settle();
    expect([status(peers[0]!), seen, server.connections.size]).toEqual(["101", ["hi"], 1]);
    // A slow head is answered, an idle transport is not.
    peers[1]!.write("GET");
    await clock.advance(300);
    expect([status(peers[1]!), peers[2]!.takeText(), peers[2]!.closed_]).toEqual(["408", "", true]);
    for (const peer of peers) peer.transport.destroy();
    await clock.advance(20_000);
    expectReleased();
  });

  test("an upgrade on a used transport is a pending handshake like any other, while it is decided", async () => {
    const handed: MemoryTransport[] = [];
    const { connect, acceptor } = await listening(
      { maxPendingHandshakes: 1, upgrade: () => new Promise(() => undefined) },
      {},
      (transport) => {
        handed.push(transport);
        return undefined;
      },
    );
    const ordinary = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const peers = [await connect(ordinary), await connect(ordinary)];
    for (const transport of handed) acceptor.acceptNext(transport, ascii(""));
    for (const peer of peers) peer.write(UPGRADE);
    await settle();
    expect(peers.map(status)).toEqual(["", "503"]);
  });

  test("refuses ordinary requests above maxConnections, those on used transports as well", async () => {
    const handed: MemoryTransport[] = [];
    const { connect, acceptor } = await listening({ maxConnections: 2 }, {}, (transport) => {
      handed.push(transport);
      return undefined;
    });
    const ordinary = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const peers = [await connect(ordinary), await connect(ordinary)];
    for (const transport of handed.splice(0)) acceptor.acceptNext(transport, ascii(""));
    expect(status(await connect(ordinary))).toBe("503");
    peers[0]!.write(ordinary);
    await settle();
    expect(handed).toHaveLength(1);
  });

  test("rejects when the address cannot be bound, and for options that cannot work", async () => {
    const { host } = manualHost();
    await expect(listenWith(host, { open: () => Promise.reject(new Error("EADDRINUSE")) }, {}, {})).rejects.toThrow("EADDRINUSE");
    await expect(listenWith(host, { open: () => expect.unreachable() }, { maxConnections: -1 }, {})).rejects.toBeInstanceOf(RangeError);
  });
});

describe("close", () => {
  test("closing handshakes first, with code and reason; resolves when everything is released", async () => {
    const { connect, server, listener, expectReleased } = await listening({}, async (connection) => {
      for await (const message of connection) connection.send(message);
    });
    const peers = [await connect(UPGRADE), await connect(UPGRADE)];
    for (const peer of peers) peer.take();
    let closed = false;
    const closing = server.close({ code: 1012, reason: "restart" }).then(() => (closed = true));
    await settle();
    expect(listener.close).toHaveBeenCalledOnce();
    expect(closed).toBe(false);
    for (const peer of peers) {
      const [frame] = peer.takeFrames("client");
      expect([frame!.opcode, String.fromCharCode(...frame!.payload)]).toEqual([Opcode.CLOSE, "\u0003\u00f4restart"]);
      peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00f4"));
      peer.transport.end();
    }
    await closing;
    expectReleased();
  });

  test("waits for the promise of a `close` handler, and for nothing else", async () => {
    let done!: () => void;
    const { server, connect, clock, expectReleased } = await listening(
      { keepAlive: false },
      { close: () => new Promise<void>((resolve) => (done = resolve)) },
    );
    const peer = await connect(UPGRADE);
    let isClosed = false;
    const closed = server.close().then(() => (isClosed = true));
    await settle();
    peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e9"));
    peer.transport.end();
    await settle();
    expect([isClosed, server.connections.size]).toEqual([false, 0]);
    done();
    await settle();
    expect(isClosed).toBe(true);
    await closed;
    await clock.advance(0);
    expectReleased();
  });

  test.each(["open", "message", "close"] as const)(
    "a handler %s that never settles is not waited for longer than the timeout",
    async (name) => {
      const never = (): Promise<void> => new Promise(() => undefined);
      const { server, connect, clock, expectReleased } = await listening({}, { [name]: never });
      // The peer says no more, so that its connection ends by the timeout and not before.
      await connect(UPGRADE, clientFrame(Opcode.TEXT, ascii("a")));
      let closed = false;
      void server.close({ timeout: 300 }).then(() => (closed = true));
      await clock.advance(299);
      expect(closed).toBe(false);
      await clock.advance(1);
      await settle();
      expect(closed).toBe(true);
      expectReleased();
    },
  );

  test("what does not answer within the timeout is aborted", async () => {
    const { connect, server, clock, expectReleased } = await listening();
    await connect(UPGRADE);
    await connect("GET");
    let closed = false;
    void server.close({ timeout: 300 }).then(() => (closed = true));
    await clock.advance(299);
    expect(closed).toBe(false);
    await clock.advance(1);
    expect(closed).toBe(true);
    expectReleased();
  });

  test("pending handshakes and newcomers get 503", async () => {
    const { connect, server } = await listening({ upgrade: () => new Promise(() => undefined) });
    const reading = await connect("GET");
    const deciding = await connect(UPGRADE);
    void server.close();
    const newcomer = await connect(UPGRADE);
    expect([status(reading), status(deciding), status(newcomer)]).toEqual(["503", "503", "503"]);
  });

  test("without connections it resolves at once; called again it closes nothing twice", async () => {
    const { server, listener, clock } = await listening();
    await Promise.all([server.close(), server.close({ code: 1000 })]);
    expect(listener.close).toHaveBeenCalledOnce();
    expect(clock.pending).toBe(0);
  });

  test("it waits for the listening socket too", async () => {
    const { server, listener } = await listening();
    let release: (() => void) | undefined;
    listener.close.mockReturnValue(new Promise<void>((resolve) => (release = resolve)));
    let closed = false;
    void server.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    release!();
    await settle();
    expect(closed).toBe(true);
  });

  test("a listening socket that is never released is waited for closeTimeout longer than for the rest, and no further", async () => {
    const { server, listener, connect, clock, expectReleased } = await listening();
    await connect(UPGRADE);
    listener.close.mockReturnValue(new Promise(() => undefined));
    let closed = false;
    void server.close({ timeout: 300 }).then(() => (closed = true));
    await clock.advance(5_299);
    expect(closed).toBe(false);
    await clock.advance(1);
    expect(closed).toBe(true);
    expectReleased();
  });

  test("a listening socket that cannot be closed: everything else is, and then it rejects", async () => {
    const { server, listener, connect, clock, expectReleased } = await listening();
    await connect(UPGRADE);
    listener.close.mockImplementation(() => {
      throw new Error("EBADF");
    });
    let failed: unknown;
    void server.close({ timeout: 300 }).catch((error: unknown) => (failed = error));
    await clock.advance(299);
    expect(failed).toBe(undefined);
    await clock.advance(1);
    expect(failed).toEqual(new Error("EBADF"));
    expectReleased();
  });

  test("called again from within, by a function of the program, it waits for the same end", async () => {
    let closings = 0;
    const options: ServerOptions = { inspect: () => void server.close({ timeout: 300 }).then(() => closings++) };
    const { server, listener, connect, clock, expectReleased } = await listening(options);
    const peer = await connect(UPGRADE);
    peer.write(clientFrame(Opcode.PING));
    await clock.advance(300);
    expect(closings).toBeGreaterThan(1);
    expect(listener.close).toHaveBeenCalledOnce();
    expectReleased();
  });

  test("a code that must not be sent rejects, and closes nothing", async () => {
    const { server, connect, listener } = await listening();
    await connect(UPGRADE);
    await expect(server.close({ code: 1006 })).rejects.toThrow();
    expect(listener.close).not.toHaveBeenCalled();
    expect([...server.connections][0]!.state).toBe("open");
    const closing = server.close({ timeout: 1 });
    expect([...server.connections][0]!.state).toBe("closing");
    void closing;
  });
});
