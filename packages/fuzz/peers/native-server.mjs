// The echo servers that Bun and Deno bring with them. Prints its URL.
const { Response } = globalThis;

if (globalThis.Bun !== undefined) {
  const server = globalThis.Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, own) => (own.upgrade(request) ? undefined : new Response("", { status: 426 })),
    websocket: { perMessageDeflate: true, maxPayloadLength: 1 << 26, message: (socket, message) => void socket.send(message) },
  });
  console.log(`ws://127.0.0.1:${server.port}`);
} else {
  globalThis.Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(`ws://127.0.0.1:${port}`) }, (request) => {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("", { status: 426 });
    try {
      const { socket, response } = globalThis.Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.onmessage = (event) => socket.readyState === 1 && socket.send(event.data);
      socket.onerror = () => {};
      return response;
    } catch {
      return new Response("", { status: 400 });
    }
  });
}
