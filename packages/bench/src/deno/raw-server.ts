/** The limit on Deno: echoes bytes, knows no protocol. */
const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
console.log("ready");
for (;;) {
  const connection = await listener.accept().catch(() => undefined);
  // Reset before it was accepted.
  if (connection === undefined) continue;
  void (async () => {
    const buffer = new Uint8Array(65_536);
    try {
      connection.setNoDelay(true);
      for (let length = await connection.read(buffer); length !== null; length = await connection.read(buffer)) {
        for (let sent = 0; sent < length;) sent += await connection.write(buffer.subarray(sent, length));
      }
      connection.close();
    } catch {
      // Reset by the load generator: Deno has closed it, or does so now.
      try {
        connection.close();
      } catch {
        // It had.
      }
    }
  })();
}
