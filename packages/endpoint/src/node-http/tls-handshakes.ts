/**
 * TLS handshakes under way on a listening socket: so many at a time, and ended with the server. A `tls.Server` tells of a connection before and
 * after its handshake, but not that it is the same; its address tells that. (Whoever connects to a Unix socket has none, and is let in by the
 * file's permissions: there the deadline alone holds.)
 */
import type { Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";

/** @returns what ends them all */
export function boundHandshakes(server: TlsServer, most: number): () => void {
  const pending = new Map<string, Socket>();
  server.on("connection", (socket: Socket) => {
    const address = addressOf(socket);
    if (address === undefined) return;
    if (pending.size >= most) {
      socket.destroy();
      return;
    }
    pending.set(address, socket);
    socket.on("close", () => {
      if (pending.get(address) === socket) pending.delete(address);
    });
  });
  server.on("secureConnection", (socket: Socket) => {
    const address = addressOf(socket);
    if (address !== undefined) pending.delete(address);
  });
  return () => {
    for (const socket of pending.values()) socket.destroy();
  };
}

function addressOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
