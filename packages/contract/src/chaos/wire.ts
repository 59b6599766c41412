/** Byte streams as raw peers use them: over a socket of `node:net` or `node:tls`, and over the ends of streams and pipes in memory. */
import type { Socket } from "node:net";

import type { Transport } from "@ws/endpoint";

export interface WireEvents {
  data(bytes: Uint8Array): void;
  /** The peer's FIN. */
  end(): void;
  closed(error?: Error): void;
}

export interface Wire {
  listen(events: WireEvents): void;
  write(bytes: Uint8Array): void;
  /** FIN. */
  end(): void;
  reset(): void;
  pause(): void;
  resume(): void;
}

export function socketWire(socket: Socket): Wire {
  socket.allowHalfOpen = true;
  return {
    listen: ({ data, end, closed }) => {
      let failure: Error | undefined;
      socket.on("data", data);
      socket.on("end", end);
      socket.on("error", (error) => (failure = error));
      socket.on("close", () => closed(failure));
    },
    write: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    reset: () => {
      // A socket of TLS, of a path (which has no `remotePort`) or one that is not connected has no reset. Behind a FIN that is still to be
      // sent Node says EINVAL, and leaves the socket open.
      if ("encrypted" in socket || socket.remotePort === undefined || isEnding(socket)) socket.destroy();
      else socket.resetAndDestroy();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

/** Its FIN waits behind what it has written. */
function isEnding({ writableEnded, writableFinished }: Socket): boolean {
  return writableEnded && !writableFinished;
}

export function transportWire(transport: Transport): Wire {
  return {
    listen: ({ data, end, closed }) => {
      transport.start({
        received: (bytes) => data(bytes.slice()),
        drained: () => undefined,
        ended: end,
        closed: (error) => closed(error as Error | undefined),
      });
    },
    write: (bytes) => transport.write([bytes]),
    end: () => transport.end(),
    reset: () => transport.destroy(),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
  };
}
