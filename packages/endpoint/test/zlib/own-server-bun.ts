// Bun's own server, which speaks permessage-deflate.
interface BunSocket {
  send(message: string | Uint8Array, compress: boolean): number;
}
interface BunServer {
  readonly port: number;
  upgrade(request: unknown): boolean;
}
interface BunGlobal {
  serve(options: object): BunServer;
}

const { serve } = (globalThis as unknown as { Bun: BunGlobal }).Bun;
const server = serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request: unknown, self: BunServer) => void self.upgrade(request),
  websocket: {
    perMessageDeflate: true,
    maxPayloadLength: 1 << 24,
    message: (socket: BunSocket, message: string | Uint8Array) => void socket.send(message, true),
  },
});
console.log(JSON.stringify({ port: server.port }));
