/** What a worker brings to the endpoint, and its sockets as transports. */
import type { Socket } from "cloudflare:sockets";
import { createHost, type Host, type Transport } from "@ws/endpoint";
import { streamTransport } from "@ws/endpoint/streams";

/**
 * A host per event: in workerd timers and sockets belong to the event that they were made in, and another one may not touch
 * them ("Cannot perform I/O on behalf of a different request").
 */
export function workerHost(): Host {
  return createHost({
    clock: {
      now: () => performance.now(),
      setTimer: (callback, delay) => setTimeout(callback, delay),
      clearTimer: (timer) => {
        clearTimeout(timer as number);
      },
      // Not the function itself: here, as in browsers, it may not be called as a method of another object.
      turn: (callback) => {
        setTimeout(callback, 0);
      },
      microtask: (callback) => {
        queueMicrotask(callback);
      },
    },
    fillRandom: (bytes) => crypto.getRandomValues(bytes),
    printError: (error) => {
      console.error(error);
    },
  });
}

/**
 * A socket as a transport. What tears it down is `close`, which ends the TCP connection (by a FIN: workerd has no reset) when earlier writes are
 * done: `abort` of its writable side would leave it open until the event ends, so that one is kept from it.
 */
export function socketTransport(socket: Socket, options: { remoteAddress?: string; secure?: boolean } = {}): Transport {
  const writer = socket.writable.getWriter();
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({ write: (chunk) => writer.write(chunk), close: () => writer.close() });
  for (const ending of [socket.closed, writer.closed]) ending.catch(ignore);
  return streamTransport({ readable: socket.readable, writable }, { ...options, destroy: () => void socket.close().catch(ignore) });
}

function ignore(): void {
  // Seen by reading and writing.
}
