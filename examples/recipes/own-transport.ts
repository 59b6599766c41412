/** Over anything that carries bytes both ways: here a pair of the web's streams stands for a serial line, a tunnel, a worker's port. */
import { acceptConnection, createHost, openConnection } from "@ws/endpoint";
import { streamTransport } from "@ws/endpoint/streams";

const host = createHost({
  clock: {
    now: () => performance.now(),
    setTimer: (callback, delay) => setTimeout(callback, delay),
    clearTimer: (timer) => clearTimeout(Number(timer)),
    turn: (callback) => void setTimeout(callback, 0),
    microtask: (callback) => queueMicrotask(callback),
  },
  fillRandom: (bytes) => crypto.getRandomValues(bytes),
  printError: console.error,
});

const [there, back] = [new TransformStream<Uint8Array, Uint8Array>(), new TransformStream<Uint8Array, Uint8Array>()];
const far = streamTransport({ readable: there.readable, writable: back.writable });
const near = streamTransport({ readable: back.readable, writable: there.writable });

const accepting = acceptConnection(host, far, {}, { message: (connection, message) => void connection.send(message) });
const connection = await openConnection(host, { host: "anywhere.example", target: "/" }, () => near);
connection.send("over a stream");
for await (const message of connection) {
  console.log(message);
  connection.close(1000);
}
console.log((await (await accepting).closed).code);

/* prints
over a stream
1000
*/
