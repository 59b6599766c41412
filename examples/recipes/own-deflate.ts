/** Compression by a deflate of one's own, or by the one in JavaScript: whatever implements the port. */
import { acceptConnection, type Clock, createHost, memoryTransportPair, openConnection } from "@ws/endpoint";
import { createDeflateExtension, DeflateContexts } from "@ws/protocol/deflate";
import { createPakoZlib } from "@ws/protocol/pako";

const clock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer) => clearTimeout(Number(timer)),
  turn: (callback) => void setTimeout(callback, 0),
  microtask: (callback) => queueMicrotask(callback),
};
const host = createHost({ clock, fillRandom: (bytes) => crypto.getRandomValues(bytes), printError: console.error });
const extensions = [createDeflateExtension(new DeflateContexts(createPakoZlib()))];

const [near, far] = memoryTransportPair(clock);
const accepting = acceptConnection(host, far, { extensions }, { message: (connection, message) => void connection.send(message) });
const connection = await openConnection(host, { host: "example.com", target: "/" }, () => near, { extensions });
connection.send("again and ".repeat(1000));
for await (const message of connection) {
  console.log(message.length, connection.extensions);
  connection.close();
}
await (
  await accepting
).closed;

/* prints
10000 permessage-deflate
*/
