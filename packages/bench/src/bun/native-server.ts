/** Bun's own server (uWebSockets, C++). */
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("WebSocket only", { status: 426 })),
  websocket: { maxPayloadLength: 128 * 1024 * 1024, backpressureLimit: 1 << 30, message: (socket, message) => void socket.send(message) },
});
console.log("ready");
