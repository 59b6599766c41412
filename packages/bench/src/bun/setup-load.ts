/**
 * The set-up load generator, a Bun program: opens connections, `parallel` at a time, closes each once its handshake is answered, and
 * prints how many per second that made.
 */
import { openingHandshake } from "../frames.ts";

export interface SetupLoad {
  port: number;
  parallel: number;
  seconds: number;
}

const { port, parallel, seconds } = JSON.parse(process.argv[2]!) as SetupLoad;
const request = new TextEncoder().encode(openingHandshake(`127.0.0.1:${port}`));

let answered = 0;
let running = true;

function connect(): void {
  void Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data(socket, bytes) {
        // The head of the answer fits into one segment here.
        if (bytes[9] === 0x31 && bytes[10] === 0x30 && bytes[11] === 0x31) answered += 1;
        // A reset leaves no port behind in TIME_WAIT.
        socket.terminate();
      },
      close() {
        if (running) connect();
      },
      error(_socket, error) {
        console.error(error.message);
        process.exit(1);
      },
    },
  });
}

for (let index = 0; index < parallel; index++) connect();
await Bun.sleep(300);
const before = answered;
const cpu = process.cpuUsage();
const started = performance.now();
await Bun.sleep(seconds * 1000);
const elapsed = (performance.now() - started) / 1000;
const used = process.cpuUsage(cpu);
running = false;
console.log(
  JSON.stringify({ connectionsPerSecond: (answered - before) / elapsed, generatorCpu: (used.user + used.system) / 1e6 / elapsed }),
);
process.exit(0);
