// Deno's own server, which does not speak permessage-deflate.
interface DenoGlobal {
  serve(options: object, handler: (request: unknown) => unknown): { readonly addr: { readonly port: number } };
  upgradeWebSocket(request: unknown): {
    socket: { onmessage: unknown; send(message: unknown): void; binaryType: string };
    response: unknown;
  };
}

const deno = (globalThis as unknown as { Deno: DenoGlobal }).Deno;
const server = deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => undefined }, (request) => {
  const { socket, response } = deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }: { data: unknown }) => socket.send(data);
  return response;
});
console.log(JSON.stringify({ port: server.addr.port }));
