/** Whether a way of reading into a buffer of our own reads what was sent: tried on a connection of this process to itself. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import process from "node:process";

type SetOnRead = (socket: Socket, buffer: Uint8Array, onRead: (this: Socket, length: number, buffer: Uint8Array) => void) => boolean;

/** More than the buffer holds, so that it is written from its start again; what lies beside it in memory must stay as it is. */
const SENT: Uint8Array = Uint8Array.from({ length: 3_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
const [BEFORE, SIZE] = [100, 1_000];
const GUARD = 0xa5;

/** Never rejects; false as well where the process may not listen. Holds nothing that would keep the process alive. */
export async function directReadsWork(setOnRead: SetOnRead): Promise<boolean> {
  // `listen` would throw where nobody can catch it.
  if (process.permission?.has("net") === false) return false;
  return await new Promise<boolean>((resolve) => {
    const server = createServer({ allowHalfOpen: true });
    const done = (works: boolean): void => {
      server.close();
      resolve(works);
    };
    server.on("error", () => done(false));
    // Not shared with the other workers of a cluster.
    server.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => attempt(server, setOnRead, done));
    server.unref();
  });
}

function attempt(server: Server, setOnRead: SetOnRead, done: (works: boolean) => void): void {
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.unref();
  const answer: Uint8Array[] = [];
  let judge = (): boolean => false;
  client.on("error", () => undefined);
  client.on("data", (bytes: Uint8Array) => answer.push(bytes));
  client.on("close", () => done(judge() && matches(answer)));
  server.on("connection", (socket) => {
    // Anybody on this machine may connect.
    if (socket.remotePort !== client.localPort) socket.destroy();
    else judge = readAll(socket, setOnRead);
  });
  client.end(SENT);
}

/** Sends back what is read and the peer's FIN; the function returned tells whether all of it was done by the rules. */
function readAll(socket: Socket, setOnRead: SetOnRead): () => boolean {
  const memory = new Uint8Array(BEFORE + SIZE + BEFORE).fill(GUARD);
  const buffer = memory.subarray(BEFORE, BEFORE + SIZE);
  let good = true;
  let length = 0;
  let paused = false;
  socket.unref();
  socket.on("error", () => (good = false));
  // Nothing comes in the ordinary way as well.
  socket.on("data", () => (good = false));
  socket.on("end", () => socket.end());
  const onRead = function (this: Socket, read: number, given: Uint8Array): void {
    good &&= this === socket && given === buffer && !paused && read <= SIZE;
    for (let index = 0; index < read; index++) good &&= buffer[index] === SENT[length + index];
    length += read;
    socket.write(buffer.slice(0, read));
    paused = true;
    socket.pause();
    setImmediate(() => {
      paused = false;
      socket.resume();
    });
  };
  try {
    good = setOnRead(socket, buffer, onRead);
  } catch {
    good = false;
  }
  return () =>
    good && length === SENT.length && [...memory.subarray(0, BEFORE), ...memory.subarray(BEFORE + SIZE)].every((byte) => byte === GUARD);
}

function matches(answer: readonly Uint8Array[]): boolean {
  const bytes = answer.flatMap((chunk) => [...chunk]);
  return bytes.length === SENT.length && bytes.every((byte, index) => byte === SENT[index]);
}
