/** §4.1 A client's byte stream: who opens it, TLS over it, and attempts that are given up. */
import { once } from "node:events";
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";

import { assert, type Case, delay, equal, eventually, local, pattern, receive, rejects, type Test } from "../case.ts";
import { runProgram } from "../fresh.ts";
import { deadline } from "../patience.ts";
import { rawListen } from "../raw.ts";

/** A TCP server that reads and says nothing; who is connected, and the first bytes. */
async function listenSilently(t: Test): Promise<{ port: number; sockets: Set<Socket>; accepted: () => number; first: () => string }> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let first = "";
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Uint8Array) => (first ||= new TextDecoder("latin1").decode(bytes)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets, accepted: () => accepted, first: () => first };
}

async function tcp(port: number): Promise<Socket> {
  const socket = connectTcp({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return socket;
}

/** The same bytes through a stream that is no socket, as a tunnel's. */
function tunnel(socket: Socket): Duplex {
  const through = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Uint8Array, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Uint8Array) => {
    if (!through.push(chunk)) socket.pause();
  });
  socket.on("end", () => through.push(null));
  socket.on("close", () => through.destroy());
  socket.on("error", (error) => through.destroy(error));
  return through;
}

async function echoOverTls(t: Test): Promise<{ url: string; port: number; ca: string }> {
  const { key, cert, ca } = t.setting.certificate;
  const server = await t.listen(
    { tls: { key, cert }, maxMessageBytes: 1 << 20 },
    { message: (connection, message) => void connection.send(message) },
  );
  return { url: `wss://localhost:${server.port}`, port: server.port, ca };
}

export const dialing: Case[] = [
  ...(["never", "silent", "tls"] as const).map((how) =>
    local(
      `the handshake deadline holds and the process ends when nothing else keeps it: ${
        {
          never: "`createConnection` that never settles",
          silent: "a stream in memory that says nothing",
          tls: "a server silent in the TLS handshake",
        }[how]
      }`,
      async (t) => {
        const { port } = await listenSilently(t);
        const file = fileURLToPath(new URL("../programs/give-up.ts", import.meta.url));
        const { output, code } = await runProgram(file, [how, String(port)], deadline(50_000));
        equal([output.trim(), code], ["HANDSHAKE_TIMEOUT", 0]);
      },
      { anyPath: true },
    ),
  ),
  local(
    "`createConnection` gets a signal that is aborted when connecting is given up; what it returns too late is destroyed",
    async (t) => {
      for (const [url, by] of [
        ["ws://localhost/", "signal"],
        ["wss://localhost/", "signal"],
        ["ws://localhost/", "deadline"],
      ] as const) {
        const { port, sockets, accepted } = await listenSilently(t);
        let signal: AbortSignal | undefined;
        let answer!: (socket: Duplex) => void;
        const controller = new AbortController();
        const attempt = rejects(
          t.adapter.connect(url, {
            handshakeTimeout: by === "deadline" ? 100 : 10_000,
            signal: controller.signal,
            createConnection: (_, options) => {
              signal = options.signal;
              return new Promise((resolve) => (answer = resolve));
            },
          }),
          { code: by === "signal" ? "ABORTED" : "HANDSHAKE_TIMEOUT" },
        );
        await eventually(() => signal !== undefined, "asked");
        assert(!signal!.aborted, "not aborted yet");
        if (by === "signal") controller.abort();
        const error = await attempt;
        equal([signal!.aborted, signal!.reason === error], [true, true]);
        const late = await tcp(port);
        answer(late);
        await eventually(() => late.destroyed && accepted() === 1 && sockets.size === 0, `destroyed: ${url} ${by}`);
      }
    },
  ),
  local("`createConnection` that gives no stream, throws or rejects is a failure to connect", async (t) => {
    const wrong: (() => unknown)[] = [
      () => undefined,
      () => 5,
      () => ({}),
      () => {
        throw new Error("thrown");
      },
      () => Promise.reject(new Error("rejected")),
    ];
    for (const createConnection of wrong) {
      await rejects(t.adapter.connect("wss://localhost/", { createConnection: createConnection as () => Duplex }), {
        name: "HandshakeError",
        code: "TRANSPORT_LOST",
      });
    }
  }),
  local("`wss:` over a stream that `createConnection` opened: TLS is added, and the certificate is checked", async (t) => {
    const { url, port, ca } = await echoOverTls(t);
    for (const through of [(socket: Socket): Duplex => socket, tunnel]) {
      const connection = await t.connect(url, {
        tls: { ca },
        maxMessageBytes: 1 << 20,
        createConnection: async ({ secure, hostname }) => {
          equal([secure, hostname], [true, "localhost"]);
          return through(await tcp(port));
        },
      });
      for (const size of [10, 300_000]) {
        connection.send(pattern(size));
        equal(await receive(connection), pattern(size));
      }
      connection.close(1000);
      assert((await connection.closed).wasClean, "clean");
      const other = { createConnection: async () => through(await tcp(port)) };
      await rejects(t.adapter.connect(url, other), { name: "HandshakeError", code: "TRANSPORT_LOST" });
      await rejects(t.adapter.connect(url.replace("localhost", "other.example"), { ...other, tls: { ca } }), { code: "TRANSPORT_LOST" });
    }
  }),
  local("`wss:` over a stream that is TLS already is taken as it is", async (t) => {
    const { url, port, ca } = await echoOverTls(t);
    const connection = await t.connect(url, {
      createConnection: async () => {
        const socket = connectTls({ socket: await tcp(port), ca, servername: "localhost", ALPNProtocols: ["http/1.1"] });
        await once(socket, "secureConnect");
        return socket;
      },
    });
    connection.send("through");
    equal(await receive(connection), "through");
  }),
  local("`wss:` over a plain stream never sends clear text", async (t) => {
    for (const through of [(socket: Socket): Duplex => socket, tunnel]) {
      const { port, first } = await listenSilently(t);
      await rejects(
        t.adapter.connect("wss://localhost/", {
          handshakeTimeout: deadline(1_000),
          headers: { Authorization: "secret" },
          createConnection: async () => through(await tcp(port)),
        }),
        { code: "HANDSHAKE_TIMEOUT" },
      );
      equal([first().charCodeAt(0), first().includes("secret")], [22, false], "a TLS handshake record");
    }
  }),
  local("`createConnection` that returns a socket which is then refused: an error, and nothing uncaught", async (t) => {
    // Nobody listens there.
    const free = 1;
    for (const scheme of ["ws", "wss"]) {
      const refused = (): Duplex => connectTcp({ port: free, host: "127.0.0.1" });
      await rejects(t.adapter.connect(`${scheme}://127.0.0.1:${free}/`, { createConnection: refused, handshakeTimeout: deadline(5_000) }), {
        code: "TRANSPORT_LOST",
      });
    }
  }),
  local("`createConnection` that returns a stream which fails at once: an error, and nothing uncaught", async (t) => {
    for (const scheme of ["ws", "wss"]) {
      const failing = (): Duplex => {
        const stream = new PassThrough();
        queueMicrotask(() => stream.destroy(new Error("refused")));
        return stream;
      };
      await rejects(t.adapter.connect(`${scheme}://localhost/`, { createConnection: failing, handshakeTimeout: deadline(5_000) }), {
        code: "TRANSPORT_LOST",
      });
    }
  }),
  local("an attempt that is given up within the TLS handshake closes its socket", async (t) => {
    const over = { createConnection: undefined as undefined | (() => Promise<Duplex>) };
    for (const by of ["signal", "deadline", "signal, createConnection"]) {
      const { port, sockets, first } = await listenSilently(t);
      if (by.endsWith("createConnection")) over.createConnection = () => tcp(port);
      const controller = new AbortController();
      const attempt = t.adapter.connect(`wss://127.0.0.1:${port}/`, {
        ...over,
        signal: controller.signal,
        handshakeTimeout: by === "deadline" ? 200 : 10_000,
      });
      if (by !== "deadline") void eventually(() => first().length > 0, "ClientHello").then(() => controller.abort());
      await rejects(attempt, { code: by === "deadline" ? "HANDSHAKE_TIMEOUT" : "ABORTED" });
      await eventually(() => sockets.size === 0, `closed: ${by}`);
    }
  }),
  local(
    "attempts that are given up about when they connect leave no socket open",
    async (t) => {
      let [open, accepted] = [0, 0];
      const server = await rawListen(t, async (peer) => {
        accepted++;
        open++;
        await peer.readAll();
        peer.socket.destroy();
        open--;
      });
      let given = 0;
      for (let round = 0; round < 25; round++) {
        await Promise.all(
          Array.from({ length: 10 }, async (_, index) => {
            const controller = new AbortController();
            const attempt = t.adapter.connect(server.url, { signal: controller.signal });
            const give = (): void => controller.abort();
            if (index < 3) queueMicrotask(give);
            else if (index < 6) setTimeout(give, 0);
            else setTimeout(give, index - 6);
            await rejects(attempt, { code: "ABORTED" });
            given++;
          }),
        );
      }
      equal(given, 250);
      await eventually(() => open === 0, `${accepted} accepted, all of them closed`);
      await delay(50, "nothing follows");
      equal(open, 0);
    },
    { alone: true },
  ),
];
