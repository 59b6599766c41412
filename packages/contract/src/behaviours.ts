/**
 * The servers that the pair cases talk to. What a connection is for stands in its path; whoever wants to know how one ended, asks for its `id`.
 */
import type { Closed, Connection, ConnectionHandlers, Server } from "@ws/endpoint";

import type { Adapter } from "./adapter.ts";
import { type Certificate, delay, type Path, patient, pattern, type Target } from "./case.ts";

interface Behaviour {
  readonly name: string;
  readonly query: URLSearchParams;
}

const maxMessageBytes = 80 << 20;

/** For 64 MiB messages on a busy machine. */
const common = { ...patient, maxMessageBytes, maxBufferedBytes: 96 << 20, subprotocols: ["superchat", "chat"] };

export interface Serving {
  readonly target: Omit<Target, "runtime">;
  close(): Promise<void>;
}

export async function serveBehaviours(adapter: Adapter, path: Path, certificate: Certificate, folder: string): Promise<Serving> {
  const fetch =
    path === "fetch" ? { fetch: (request: Request): Response => new Response(`${request.method} ${new URL(request.url).pathname}`) } : {};
  const { key, cert } = certificate;
  const ended = new Map<string, Promise<Closed>>();
  const unix = `${folder}/${path}-${Math.random().toString(36).slice(2)}.sock`;
  const behaving: Server<Behaviour> = await adapter.listen(
    {
      ...common,
      ...fetch,
      allowedOrigins: (origin) => origin === "https://allowed.example",
      upgrade: (request) => {
        const url = new URL(request.target, "ws://localhost");
        if (url.pathname === "/refuse") {
          return { status: Number(url.searchParams.get("status") ?? 403), headers: [["X-Reason", "test"]], body: "not today\n" };
        }
        const wait = Number(url.searchParams.get("wait") ?? 0);
        const answer = { context: { name: url.pathname, query: url.searchParams }, headers: [["X-Server", "contract"]] as const };
        return wait > 0 ? delay(wait, "slow on purpose").then(() => answer) : answer;
      },
      // Thrown on purpose by /throw.
      onError: () => undefined,
    },
    async (connection) => {
      const id = connection.context.query.get("id");
      if (id !== null) ended.set(id, connection.closed);
      await behave(connection, behaving, ended);
    },
  );
  const echo = await adapter.listen({ ...common, ...fetch }, echoHandlers);
  const secure = await adapter.listen({ ...common, ...fetch, tls: { key, cert } }, echoHandlers);
  const local = await adapter.listen({ ...common, ...fetch, unix }, echoHandlers);
  const servers = [behaving, echo, secure, local];
  return {
    target: {
      path,
      ws: `ws://127.0.0.1:${behaving.port}`,
      echo: `ws://127.0.0.1:${echo.port}`,
      wss: `wss://localhost:${secure.port}`,
      unix,
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close({ timeout: 100 })));
    },
  };
}

const echoHandlers: ConnectionHandlers = {
  message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined),
};

async function behave(connection: Connection<Behaviour>, server: Server<Behaviour>, ended: Map<string, Promise<Closed>>): Promise<void> {
  const { name, query } = connection.context;
  const number = (key: string, otherwise: number): number => Number(query.get(key) ?? otherwise);
  switch (name) {
    case "/close":
      connection.close(query.has("code") ? number("code", 1000) : undefined, query.get("reason") ?? undefined);
      await connection.closed;
      return;
    case "/wait":
      await connection.closed;
      return;
    case "/ended":
      connection.send(
        JSON.stringify(await (ended.get(query.get("of") ?? "") ?? null), (key, value: unknown) =>
          key === "error" && value !== undefined ? String(value) : value,
        ),
      );
      break;
    case "/hello":
      // Leaves in the same write as the head, or right behind it.
      connection.send("hello");
      break;
    case "/send":
      for (let index = 0; index < number("count", 1); index++) {
        connection.send(pattern(number("size", 0), index));
        await connection.ready;
      }
      break;
    case "/stream":
      await connection.sendStream(
        (function* () {
          for (let index = 0; index < number("count", 1); index++) yield pattern(number("size", 0), index);
        })(),
      );
      break;
    case "/slow":
      for await (const message of connection) {
        await delay(number("ms", 10), "slow on purpose");
        connection.send(String(message.length));
        await connection.ready;
      }
      return;
    case "/never":
      // Takes nothing from the connection.
      await delay(number("ms", 1_000), "slow on purpose");
      for await (const message of connection) connection.send(String(message.length));
      return;
    case "/request":
      connection.send(
        JSON.stringify({
          headers: connection.request?.headers,
          subprotocol: connection.subprotocol,
          remoteAddress: connection.remoteAddress,
        }),
      );
      break;
    case "/ping":
      connection.send(JSON.stringify({ roundTrip: await connection.ping(new Uint8Array([1, 2, 3])) }));
      break;
    case "/connections":
      connection.send(String(server.connections.size));
      break;
    case "/throw":
      throw new Error("on purpose");
    case "/return":
      return;
    default:
      for await (const message of connection) {
        connection.send(message);
        await connection.ready;
      }
      return;
  }
  // Everything said: the peer closes.
  await connection.closed;
}
