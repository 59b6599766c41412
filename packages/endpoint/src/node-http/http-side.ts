/**
 * The ordinary HTTP requests of a port that also speaks WebSocket, served by the runtime's own `node:http`: it is given one request at a time
 * that has passed the strict reader, on a stream of ours, and never a connection.
 */
import { createServer, type RequestListener } from "node:http";

import type { Refusal } from "@ws/protocol/handshake";

import type { HttpAcceptor, OrdinaryServer } from "../server.ts";
import type { OrdinaryRequest } from "../opening/hand-off.ts";
import type { Transport } from "../ports/transport.ts";
import type { ExchangeStream } from "./exchange-stream.ts";
import { HttpExchange, type ExchangeOutcome } from "./http-exchange.ts";
import { judgeRequest } from "./ordinary-request.ts";

export function createHttpSide<T extends Transport>(listener: RequestListener, acceptor: HttpAcceptor<T>): OrdinaryServer<T> {
  const { group, settings } = acceptor;
  const { maxHeadBytes } = settings.limits;
  const exchanges = new Map<ExchangeStream, HttpExchange>();
  let closed: (() => void) | undefined;
  let closing = false;

  const forget = (exchange: HttpExchange): void => {
    exchanges.delete(exchange.stream);
    if (exchanges.size === 0) closed?.();
  };
  const outcome: ExchangeOutcome = {
    next: (exchange, rest) => {
      forget(exchange);
      acceptor.acceptNext(exchange.transport as T, rest);
    },
    over: forget,
  };

  // Without a listener for "upgrade" it answers requests that offer another protocol as if they did not (RFC 9110 §7.8).
  const server = createServer({ maxHeaderSize: maxHeadBytes + 1_024, keepAliveTimeout: settings.handshakeTimeout }, (request, response) => {
    const exchange = exchanges.get(request.socket as unknown as ExchangeStream);
    if (exchange === undefined) {
      response.destroy();
      return;
    }
    const { host, target } = exchange.request;
    request.url = target;
    request.headers.host = host;
    exchange.responding(response);
    listener(request, response);
  });
  // The strict reader has counted them.
  server.maxHeadersCount = 0;
  // Ours is the listening socket, and Deno ends a connection behind its first response when its HTTP server says it does not listen.
  Object.defineProperty(server, "listening", { get: () => !closing });

  return {
    serve(transport: T, { head, headBytes, rest }: OrdinaryRequest): Refusal | undefined {
      const request = judgeRequest(head, transport.secure === true, maxHeadBytes);
      if (request.kind === "refusal") return request;
      const exchange = new HttpExchange(group, settings, transport, request, outcome);
      exchanges.set(exchange.stream, exchange);
      server.emit("connection", exchange.stream);
      exchange.begin(headBytes, rest);
      return undefined;
    },
    get size() {
      return exchanges.size;
    },
    close() {
      closing = true;
      return new Promise((resolve) => {
        if (exchanges.size === 0) {
          resolve();
          return;
        }
        closed = resolve;
        for (const exchange of exchanges.values()) exchange.makeLast();
      });
    },
    abort() {
      for (const exchange of [...exchanges.values()]) exchange.abort();
    },
  };
}
