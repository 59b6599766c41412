// The runtime's own WebSocket client against an echo server that compresses.
import { conversation } from "./conversation.ts";

const socket = new WebSocket(process.argv[2]!);
socket.binaryType = "arraybuffer";
await new Promise((resolve, reject) => {
  socket.onopen = resolve;
  socket.onerror = () => reject(new Error("not connected"));
});

function exchange(message: string | Uint8Array): Promise<string | Uint8Array> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }: MessageEvent) => resolve(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
    socket.onclose = ({ code, reason }: CloseEvent) => reject(new Error(`closed with ${code} ${reason}`));
    socket.send(message as string);
  });
}

// Not all of them tell their program what was agreed on, the server knows.
const extensions = await exchange("extensions?");
let result = "good";
for (const [index, message] of conversation(true).entries()) {
  const answer = await exchange(message);
  const same =
    typeof message === "string" || typeof answer === "string"
      ? answer === message
      : answer.length === message.length && message.every((byte, at) => answer[at] === byte);
  if (!same) result = `message ${index} came back different`;
}
socket.onclose = null;
console.log(JSON.stringify({ result, extensions }));
process.exit(0);
