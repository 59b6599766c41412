// A driver for clients of other projects: driver.mjs <name> <url>. "native" is the runtime's own WebSocket.
const [name, base] = globalThis.Deno?.args ?? process.argv.slice(2);

const make = {
  native: async () => standard(globalThis.WebSocket),
  undici: async () => standard((await import("undici")).WebSocket),
  ws: async () => standard((await import("ws")).WebSocket),
  faye: async () => standard((await import("faye-websocket")).default.Client),
  websocket: async () => {
    const { default: websocket } = await import("websocket");
    return (url, onMessage) =>
      new Promise((resolve) => {
        const client = new websocket.client({ maxReceivedFrameSize: 1 << 26, maxReceivedMessageSize: 1 << 26 });
        client.on("connectFailed", resolve);
        client.on("connect", (connection) => {
          connection.on("error", () => {});
          connection.on("close", resolve);
          connection.on("message", (message) =>
            onMessage(message.type === "utf8" ? message.utf8Data : message.binaryData, (data) =>
              message.type === "utf8" ? connection.sendUTF(data) : connection.sendBytes(data),
            ),
          );
        });
        client.connect(url);
      });
  },
};
function standard(WebSocket) {
  return (url, onMessage) =>
    new Promise((resolve) => {
      const socket = name === "faye" ? new WebSocket(url, [], { maxLength: 1 << 26 }) : new WebSocket(url);
      if (name !== "faye") socket.binaryType = "arraybuffer";
      socket.onmessage = (event) => onMessage(event.data, (data) => socket.readyState === 1 && socket.send(data));
      socket.onerror = () => {};
      socket.onclose = resolve;
    });
}
const run = await make[name]();
let count = 0;
await run(`${base}/getCaseCount`, (data) => {
  count = Number(data);
});
for (let number = 1; number <= count; number++) await run(`${base}/runCase?case=${number}&agent=${name}`, (data, send) => send(data));
await run(`${base}/updateReports?agent=${name}`, () => {});
if (globalThis.Deno === undefined) process.exit(0);
else globalThis.Deno.exit(0);
