/** The limit on Bun: echoes bytes, knows no protocol. */
const backlog = new WeakMap<object, Uint8Array>();

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  socket: {
    open: (socket) => void socket.setNoDelay(true),
    data(socket, bytes) {
      const waiting = backlog.get(socket);
      if (waiting) return void backlog.set(socket, Buffer.concat([waiting, bytes]));
      const written = socket.write(bytes);
      if (written < bytes.length) backlog.set(socket, Uint8Array.from(bytes.subarray(written)));
    },
    drain(socket) {
      const waiting = backlog.get(socket);
      if (!waiting) return;
      const written = socket.write(waiting);
      if (written < waiting.length) backlog.set(socket, waiting.subarray(written));
      else backlog.delete(socket);
    },
  },
});
console.log("ready");
