/** Deno's own server, with the behaviours that `cases/peers.ts` asks for by path. */
interface Socket extends EventTarget {
  binaryType: string;
  send(message: string | ArrayBuffer | Uint8Array): void;
  close(code: number, reason: string): void;
}
const { Deno } = globalThis as unknown as {
  Deno: {
    serve(options: object, handler: (request: Request) => Response): { addr: { port: number } };
    upgradeWebSocket(request: Request, options: object): { socket: Socket; response: Response };
  };
};

const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => undefined }, (request) => {
  const offered = request.headers.get("sec-websocket-protocol");
  const path = new URL(request.url).pathname;
  // The request cannot be asked any more when the socket is open.
  const headers = JSON.stringify(Object.fromEntries(request.headers as unknown as Iterable<[string, string]>));
  const { socket, response } = Deno.upgradeWebSocket(request, offered?.includes("chat") === true ? { protocol: "chat" } : {});
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    if (path === "/headers") socket.send(headers);
    if (path !== "/push") return;
    socket.send("one");
    socket.send(new Uint8Array([1, 2, 3]));
    socket.close(3001, "done");
  });
  socket.addEventListener("message", (event) => socket.send((event as MessageEvent).data as string));
  return response;
});
process.stdout.write(`${JSON.stringify({ deno: `ws://127.0.0.1:${server.addr.port}` })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
