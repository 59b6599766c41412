/** Node's sockets as pairs of WHATWG streams: what `@ws/endpoint/streams` is used with where a host has nothing better. */
import { once } from "node:events";
import { connect, createServer as createTcpServer, type AddressInfo, type Server as NetServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";

import {
  type Binding,
  connectTarget,
  type Connection,
  createHost,
  type Host,
  openConnection,
  type OpenOptions,
  type Transport,
} from "@ws/endpoint";
import { type StreamPair, streamTransport } from "@ws/endpoint/streams";

import type { Certificate } from "../case.ts";

export function streamHost(): Host {
  return createHost({
    clock: {
      now: () => performance.now(),
      setTimer: (callback, delay) => setTimeout(callback, delay).unref(),
      clearTimer: (timer) => {
        clearTimeout(timer as NodeJS.Timeout);
      },
      turn: (callback) => {
        setImmediate(callback);
      },
      microtask: queueMicrotask,
    },
    fillRandom: (bytes) => crypto.getRandomValues(bytes),
    printError: (error) => {
      throw error;
    },
  });
}

function socketTransport(socket: Socket): Transport {
  return streamTransport(Duplex.toWeb(socket) as StreamPair, { destroy: () => socket.destroy(), remoteAddress: socket.remoteAddress });
}

async function dial(socket: Socket, event: string): Promise<Transport> {
  await once(socket, event);
  return socketTransport(socket);
}

export function openOverStreams(host: Host, url: string, { ca }: Certificate, options?: OpenOptions): Promise<Connection> {
  const target = connectTarget(new URL(url));
  const where = { host: target.hostname, port: target.port, ca, allowHalfOpen: true };
  return openConnection(
    host,
    target,
    () => (target.secure ? dial(connectTls(where), "secureConnect") : dial(connect(where), "connect")),
    options,
  );
}

export function openUnixOverStreams(host: Host, path: string): Promise<Connection> {
  return openConnection(host, { host: "localhost", target: "/" }, () => dial(connect({ path, allowHalfOpen: true }), "connect"));
}

/** A listener of one's own for `listenWith`. */
export function streamBinding(where: "tcp" | "tls" | { path: string }, { key, cert }: Certificate): Binding {
  return {
    async open(acceptor) {
      const accept = (socket: Socket): void => {
        acceptor.accept(socketTransport(socket));
      };
      const server: NetServer =
        where === "tls" ? createTlsServer({ key, cert, allowHalfOpen: true }, accept) : createTcpServer({ allowHalfOpen: true }, accept);
      server.listen(typeof where === "object" ? where.path : { port: 0, host: "127.0.0.1" });
      await once(server, "listening");
      const address = server.address() as AddressInfo | string;
      return {
        port: typeof address === "string" ? 0 : address.port,
        hostname: typeof address === "string" ? "" : address.address,
        unix: typeof address === "string" ? address : undefined,
        secure: where === "tls",
        close: () => new Promise((resolve) => server.close(resolve)),
      };
    },
  };
}
