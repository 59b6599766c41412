/** Against servers that other programs run, native ones among them. */
import { assert, equal, pattern } from "../../case.ts";
import { messages, next, type Peers, recorded, web, type WebCase } from "../case.ts";

const names: readonly (keyof Peers)[] = ["ours", "ws", "bun", "deno"];

export const peers: readonly WebCase[] = names.flatMap((name) => [
  web(`${name}: echoes text, bytes and Blobs in order`, async (t) => {
    const socket = t.socket(`${t.peers[name]}/echo`);
    socket.binaryType = "arraybuffer";
    await next(socket, "open");
    const received = messages(socket, 5);
    socket.send("ä€𝄞");
    socket.send(new Blob(["blob"]));
    socket.send(pattern(70_000, 7));
    socket.send("");
    socket.send(new Uint8Array(0));
    const [text, blob, bytes, empty, none] = await received;
    equal([text, Buffer.from(blob as ArrayBuffer).toString(), empty, (none as ArrayBuffer).byteLength], ["ä€𝄞", "blob", "", 0]);
    equal(new Uint8Array(bytes as ArrayBuffer), pattern(70_000, 7));
    socket.close(1000, "done");
    const { code, wasClean } = await next(socket, "close");
    equal([code, wasClean], [1000, true]);
  }),
  web(`${name}: echoes 1 MiB of text`, async (t) => {
    const socket = t.socket(`${t.peers[name]}/echo`);
    await next(socket, "open");
    const text = "Die Würde des Menschen ".repeat(45_591).slice(0, 1 << 20);
    socket.send(text);
    const { data } = await next(socket, "message");
    assert(data === text, "the same text");
  }),
  web(`${name}: speaks when the connection opens, and closes with code and reason`, async (t) => {
    const socket = t.socket(`${t.peers[name]}/push`);
    const log = recorded(socket);
    const [received, { code, reason, wasClean }] = await Promise.all([messages(socket, 2), next(socket, "close")]);
    equal(received[0], "one");
    equal([log, code, reason, wasClean], [["open", "message", "message", "close"], 3001, "done", true]);
  }),
  web(`${name}: agrees on a subprotocol`, async (t) => {
    const socket = t.socket(`${t.peers[name]}/echo`, ["chat", "superchat"]);
    await next(socket, "open");
    equal(socket.protocol, "chat");
    if (name === "deno") equal(socket.extensions, "", "Deno's server has no compression");
    else assert(socket.extensions.startsWith("permessage-deflate"), `extensions: ${socket.extensions}`);
  }),
  web(`${name}: receives the headers given as options`, async (t) => {
    const socket = t.socket(`${t.peers[name]}/headers`, { headers: { "X-Test": "sent", Cookie: "a=b" } });
    const headers = JSON.parse((await next(socket, "message")).data as string) as Record<string, string>;
    equal([headers["x-test"], headers["cookie"], headers["origin"]], ["sent", "a=b", undefined]);
  }),
  web(`${name}: answers a ping`, async (t) => {
    const socket = t.socket(`${t.peers[name]}/echo`);
    await next(socket, "open");
    assert((await socket.ping()) >= 0, "a time");
  }),
  web(`${name}: converses with a WebSocketStream`, async (t) => {
    const stream = t.stream(`${t.peers[name]}/echo`);
    const { readable, writable } = await stream.opened;
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    for (const chunk of ["text", pattern(100_000, 3), ""]) {
      await writer.write(chunk);
      equal((await reader.read()).value, chunk);
    }
    stream.close({ closeCode: 3456, reason: "pizza" });
    const { closeCode } = await stream.closed;
    equal(closeCode, 3456);
  }),
]);
