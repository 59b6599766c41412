/** A WebSocket client of ours in workerd, over its `connect()` sockets. */
import { connect, type Socket } from "cloudflare:sockets";
import { connectTarget, type Connection, openConnection, type OpenOptions } from "@ws/endpoint";

import { check, runChecks } from "../check.ts";
import { echoed, streamChecks, type StreamSetting } from "../stream-cases.ts";
import { workerHost, socketTransport } from "./host.ts";

interface Service {
  connect(address: string, options?: { allowHalfOpen: boolean }): Socket;
}

interface Environment {
  /** A service of the configuration that reaches the Unix socket: addresses of `connect()` are hosts and ports. */
  readonly UNIX: Service;
  /** The worker of `server.ts`. */
  readonly SERVER: Service;
}

function openOver(
  dial: () => Socket,
  target: { host: string; target: string; secure?: boolean },
  options?: OpenOptions,
): Promise<Connection> {
  return openConnection(
    workerHost(),
    target,
    async (onCancel) => {
      const socket = dial();
      onCancel(() => void socket.close());
      const { remoteAddress } = await socket.opened;
      return socketTransport(socket, { secure: target.secure ?? false, ...(remoteAddress !== undefined && { remoteAddress }) });
    },
    options,
  );
}

export default {
  async fetch(request: Request, { UNIX, SERVER }: Environment): Promise<Response> {
    if (new URL(request.url).pathname === "/worker") {
      const connection = await openOver(() => SERVER.connect("server:80", { allowHalfOpen: true }), { host: "server", target: "/" });
      return Response.json(await runChecks([check("echo", () => echoed(connection))]));
    }
    const setting: StreamSetting = {
      host: "workerd",
      target: (await request.json()) as StreamSetting["target"],
      open(url, options) {
        const target = connectTarget(new URL(url));
        const { hostname, port, secure } = target;
        // `allowHalfOpen`: the closing handshake ends each direction by itself (§7.1.1).
        return openOver(
          () => connect({ hostname, port }, { secureTransport: secure ? "on" : "off", allowHalfOpen: true }),
          target,
          options,
        );
      },
      openUnix: () => openOver(() => UNIX.connect("localhost:80", { allowHalfOpen: true }), { host: "localhost", target: "/" }),
    };
    return Response.json(await runChecks(streamChecks(setting)));
  },
};
