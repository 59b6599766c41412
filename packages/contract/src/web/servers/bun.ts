/** Bun's own server, with the behaviours that `cases/peers.ts` asks for by path. */
interface Socket {
  readonly data: { path: string; headers: Record<string, string> };
  send(message: string | Uint8Array): void;
  close(code: number, reason: string): void;
}
interface Server {
  readonly port: number;
  upgrade(request: Request, options: object): boolean;
}
const { Bun } = globalThis as unknown as { Bun: { serve(options: object): Server } };

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request: Request, self: Server): Response | undefined {
    const data = {
      path: new URL(request.url).pathname,
      headers: Object.fromEntries(request.headers as unknown as Iterable<[string, string]>),
    };
    const offered = request.headers.get("sec-websocket-protocol");
    const headers = offered?.includes("chat") === true ? { "Sec-WebSocket-Protocol": "chat" } : {};
    return self.upgrade(request, { data, headers }) ? undefined : new Response(null, { status: 400 });
  },
  websocket: {
    perMessageDeflate: true,
    open(socket: Socket) {
      if (socket.data.path === "/headers") socket.send(JSON.stringify(socket.data.headers));
      if (socket.data.path !== "/push") return;
      socket.send("one");
      socket.send(new Uint8Array([1, 2, 3]));
      socket.close(3001, "done");
    },
    message: (socket: Socket, message: string | Uint8Array) => socket.send(message),
  },
});
process.stdout.write(`${JSON.stringify({ bun: `ws://127.0.0.1:${server.port}` })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
