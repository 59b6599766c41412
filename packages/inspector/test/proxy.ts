/** Targets, clients and an inspector on free ports of this machine, all ended behind a test. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

import { onTestFinished } from "vitest";

import { type Inspector, type InspectorOptions, startInspector } from "../src/cli/inspector.ts";

export const PAGE = "<!doctype html><style>p{}</style><script>1</script>";

export interface RawTarget {
  readonly url: string;
  readonly port: number;
  /** The next connection. */
  accepted(): Promise<Socket>;
}

/** A TCP server that does nothing by itself. */
export async function rawTarget(server: Server = createServer({ allowHalfOpen: true }), scheme = "ws"): Promise<RawTarget> {
  const waiting: ((socket: Socket) => void)[] = [];
  const arrived: Socket[] = [];
  const all: Socket[] = [];
  server.on(scheme === "ws" ? "connection" : "secureConnection", (socket: Socket) => {
    all.push(socket);
    socket.on("error", () => undefined);
    const next = waiting.shift();
    if (next === undefined) arrived.push(socket);
    else next(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of all) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${String(port)}`,
    port,
    accepted() {
      const socket = arrived.shift();
      return socket === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(socket);
    },
  };
}

export async function inspector(options: Partial<InspectorOptions> & { targets: readonly string[] }): Promise<Inspector> {
  const started = await startInspector({ page: PAGE, ...options });
  onTestFinished(() => started.close());
  return started;
}

export function client(port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  socket.on("error", () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** Everything a socket receives; `until` resolves when there are that many octets. */
export function collect(socket: Socket): { readonly bytes: () => Buffer; until(length: number): Promise<Buffer>; ended: Promise<Buffer> } {
  let bytes = Buffer.alloc(0);
  const checks = new Set<() => void>();
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (const check of checks) check();
  });
  return {
    bytes: () => bytes,
    until: (length) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (bytes.length < length) return;
          checks.delete(check);
          resolve(bytes);
        };
        checks.add(check);
        check();
      }),
    ended: once(socket, "end").then(() => bytes),
  };
}

export const closed = (socket: Socket): Promise<unknown> => (socket.destroyed ? Promise.resolve() : once(socket, "close"));

/** An ordinary HTTP request; resolves with the whole answer as text. */
export async function http(port: number, ...lines: string[]): Promise<string> {
  const socket = client(port);
  const received = collect(socket);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return (await received.ended).toString("latin1");
}
