/**
 * The ordinary HTTP requests of a port that also speaks WebSocket, served by the runtime's own `node:http`.
 *
 * The strict head decoder reads the first head of every connection. What is no upgrade comes here with its bytes put back in front
 * (`unshift`), as if `node:http` had accepted it. Later requests of the same connection are read by `node:http` alone; an upgrade among
 * them is evaluated by the same rules on the parsed head.
 */
import { createServer, type RequestListener } from "node:http";
import type { Socket } from "node:net";

import type { Acceptor } from "../server.ts";
import { requestHead } from "./request-head.ts";
import { SocketTransport } from "./socket-transport.ts";

export interface HttpSideOptions {
  /** Longest time between the end of one response and the complete head of the next request, ms. */
  readonly headTimeout: number;
  /** How long requests in progress may go on once the server closes, ms. */
  readonly closeTimeout: number;
  /** Connections at a time; requests on further ones are answered with 503. */
  readonly maxConnections: number;
}

export interface HttpSide {
  /** Takes over a connection; `unread` is everything read from it so far. */
  adopt(socket: Socket, unread: Uint8Array): void;
  /** Ends idle connections, lets requests in progress finish for a while, and resolves when every connection is gone. */
  close(): Promise<void>;
}

/** For a whole request, head and body, ms: what `node:http` takes for its `requestTimeout` when it listens itself. */
const REQUEST_TIMEOUT = 300_000;

interface Held {
  /** Ends the connection; undefined while only our answer is awaited. */
  timer: NodeJS.Timeout | undefined;
  /** No request is in progress. */
  idle: boolean;
}

export function createHttpSide(listener: RequestListener, acceptor: Acceptor<SocketTransport>, options: HttpSideOptions): HttpSide {
  const sockets = new Map<Socket, Held>();
  let closing = false;
  let closed: (() => void) | undefined;

  // A server that does not listen itself enforces neither `headersTimeout` nor `requestTimeout`, hence the deadlines here.
  const expect = (socket: Socket, held: Held, within: number | undefined): void => {
    clearTimeout(held.timer);
    held.timer = within === undefined ? undefined : setTimeout(() => socket.destroy(), within).unref();
  };
  const awaitRequest = (socket: Socket, held: Held): void => {
    held.idle = true;
    if (closing) socket.destroy();
    else expect(socket, held, options.headTimeout);
  };
  const forget = (socket: Socket): void => {
    clearTimeout(sockets.get(socket)?.timer);
    sockets.delete(socket);
    if (sockets.size === 0) closed?.();
  };
  function onClose(this: Socket): void {
    forget(this);
  }

  const server = createServer((request, response) => {
    const { socket } = request;
    const held = sockets.get(socket);
    if (held !== undefined) {
      held.idle = false;
      expect(socket, held, REQUEST_TIMEOUT);
      request.once("end", () => expect(socket, held, undefined));
      response.once("finish", () => {
        if (sockets.has(socket)) awaitRequest(socket, held);
      });
    }
    if (closing) response.setHeader("Connection", "close");
    if (sockets.size > options.maxConnections) response.writeHead(503, { Connection: "close" }).end();
    else listener(request, response);
  });
  // Ours is the listening socket, and Deno ends a connection behind its first response when its HTTP server says it does not listen.
  Object.defineProperty(server, "listening", { get: () => !closing });
  server.on("upgrade", (request, stream, head) => {
    const socket = stream as Socket;
    socket.off("close", onClose);
    forget(socket);
    acceptor.acceptUpgrade(new SocketTransport(socket), requestHead(request), new Uint8Array(head));
  });

  return {
    adopt(socket, unread) {
      const held: Held = { timer: undefined, idle: true };
      sockets.set(socket, held);
      socket.on("close", onClose);
      awaitRequest(socket, held);
      if (unread.length > 0) socket.unshift(unread);
      server.emit("connection", socket);
      socket.resume();
    },
    close() {
      closing = true;
      return new Promise((resolve) => {
        if (sockets.size === 0) {
          resolve();
          return;
        }
        const timer = setTimeout(() => {
          for (const socket of sockets.keys()) socket.destroy();
        }, options.closeTimeout);
        closed = () => {
          clearTimeout(timer);
          resolve();
        };
        for (const [socket, { idle }] of sockets) if (idle) socket.destroy();
      });
    },
  };
}
