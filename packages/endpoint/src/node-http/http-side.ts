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
}

export interface HttpSide {
  /** Takes over a connection; `unread` is everything read from it so far. */
  adopt(socket: Socket, unread: Uint8Array): void;
  /** Ends idle connections, lets requests in progress finish for a while, and resolves when every connection is gone. */
  close(): Promise<void>;
}

export function createHttpSide(listener: RequestListener, acceptor: Acceptor<SocketTransport>, options: HttpSideOptions): HttpSide {
  /** Each connection with the timer that ends it when no further head arrives; undefined while a request is in progress. */
  const sockets = new Map<Socket, NodeJS.Timeout | undefined>();
  let closing = false;
  let closed: (() => void) | undefined;

  // A server that does not listen itself enforces no `headersTimeout`, hence the deadline here.
  const awaitRequest = (socket: Socket): void => {
    clearTimeout(sockets.get(socket));
    if (closing) socket.destroy();
    else sockets.set(socket, setTimeout(() => socket.destroy(), options.headTimeout).unref());
  };
  const forget = (socket: Socket): void => {
    clearTimeout(sockets.get(socket));
    sockets.delete(socket);
    if (sockets.size === 0) closed?.();
  };
  function onClose(this: Socket): void {
    forget(this);
  }

  const server = createServer((request, response) => {
    const { socket } = request;
    clearTimeout(sockets.get(socket));
    if (sockets.has(socket)) sockets.set(socket, undefined);
    if (closing) response.setHeader("Connection", "close");
    response.once("finish", () => {
      if (sockets.has(socket)) awaitRequest(socket);
    });
    listener(request, response);
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
      sockets.set(socket, undefined);
      socket.on("close", onClose);
      awaitRequest(socket);
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
        for (const [socket, waiting] of sockets) if (waiting !== undefined) socket.destroy();
      });
    },
  };
}
