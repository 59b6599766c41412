/** A WebSocket server of ours in workerd, on its raw TCP listener: each accepted socket is an event of its own. */
import type { Socket } from "cloudflare:sockets";
import { acceptConnection, type Connection } from "@ws/endpoint";
import { permessageDeflate } from "@ws/protocol/pako";

import { workerHost, socketTransport } from "./host.ts";

const extensions = [permessageDeflate({ threshold: 0 })];

export default {
  async connect(socket: Socket): Promise<void> {
    const { remoteAddress } = await socket.opened;
    const transport = socketTransport(socket, { ...(remoteAddress !== undefined && { remoteAddress }) });
    let connection: Connection<string>;
    try {
      connection = await acceptConnection(
        workerHost(),
        transport,
        { subprotocols: ["chat"], extensions, upgrade: ({ target }) => (target === "/refuse" ? { status: 403 } : { context: target }) },
        behave,
      );
    } catch {
      // A request that was refused, and answered.
      return;
    }
    // The event, and with it the socket, lives until this returns.
    await connection.closed;
  },
};

async function behave(connection: Connection<string>): Promise<void> {
  if (connection.context === "/close") connection.close(4001, "as asked");
  if (connection.context === "/address") connection.send(connection.remoteAddress ?? "");
  for await (const message of connection) {
    connection.send(message);
    await connection.ready;
  }
}
