// The job that reconnecting-websocket and partysocket share.
import { equal, library, once, WebSocket } from "./library.mjs";

export async function reconnecting(Reconnecting) {
  await library(async (address) => {
    const socket = new Reconnecting(`ws://${address}/`, [], { WebSocket, minReconnectionDelay: 20, maxReconnectionDelay: 50 });
    socket.binaryType = "arraybuffer";
    // Queued until the connection is there.
    socket.send("early");
    const messages = [];
    socket.addEventListener("message", ({ data }) => messages.push(data));
    const until = async (count) => {
      while (messages.length < count) await once(socket, "message");
    };
    await until(2);
    equal(messages.slice(1), ["early"], "messages");
    const closed = once(socket, "close");
    const reopened = closed.then(() => once(socket, "open"));
    socket.send("drop me");
    // What follows an error is an event of the library's own, with a code of its own.
    equal((await closed).type, "close", "lost");
    await reopened;
    socket.send(new Uint8Array([1, 2, 3]));
    await until(4);
    equal([...new Uint8Array(messages[3])], [1, 2, 3], "bytes");
    const end = once(socket, "close");
    socket.close(1000, "done");
    equal((await end).code, 1000, "code");
    equal(WebSocket.made, 2, "connections");
    return "queued message, echo, lost connection, reconnection, binary echo, close";
  });
}
