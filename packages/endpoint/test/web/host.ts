/** A host whose tasks run when a test says so, over the in-memory transport. */
import {
  acceptConnection,
  type Clock,
  type Connection,
  type ConnectionHandler,
  type ConnectionHandlers,
  connectTarget,
  createHost,
  type MemoryTransport,
  memoryTransportPair,
  openConnection,
  type OpenOptions,
  type PipeOptions,
} from "@ws/endpoint";
import { openOptions } from "@ws/endpoint/internal";
import { defineWebSocket, defineWebSocketStream, type WebHost, type WebSocketClass, type WebSocketStreamClass } from "@ws/endpoint/web";
import { permessageDeflate } from "@ws/endpoint/zlib";

export class TestHost implements WebHost<OpenOptions> {
  readonly WebSocket: WebSocketClass<OpenOptions>;
  readonly WebSocketStream: WebSocketStreamClass<OpenOptions>;
  readonly tasks: (() => void)[] = [];
  /** What the server does, and its side of the connections. */
  handler: ConnectionHandler = { message: (connection, message) => connection.send(message) };
  readonly accepted: Connection[] = [];
  readonly knownOptions = openOptions;
  readonly deflate = permessageDeflate;
  readonly #clock: Clock = {
    now: () => performance.now(),
    setTimer: (callback, delay) => setTimeout(callback, delay).unref(),
    clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
    turn: (callback) => {
      setImmediate(callback);
    },
    microtask: queueMicrotask,
  };
  readonly #host = createHost({
    clock: this.#clock,
    fillRandom: (bytes) => crypto.getRandomValues(bytes),
    deflate: permessageDeflate,
    printError: () => undefined,
  });

  /** Client's and server's. */
  readonly transports: [MemoryTransport, MemoryTransport][] = [];
  readonly #pipe: PipeOptions;

  constructor(pipe: PipeOptions = {}) {
    this.#pipe = pipe;
    this.WebSocket = defineWebSocket(this);
    this.WebSocketStream = defineWebSocketStream(this);
  }

  readonly queueTask = (task: () => void): void => {
    this.tasks.push(task);
  };

  readonly connect = (url: URL, options: OpenOptions, handlers: ConnectionHandlers<undefined>): Promise<Connection<undefined>> => {
    const [client, server] = memoryTransportPair(this.#clock, this.#pipe);
    this.transports.push([client, server]);
    void acceptConnection(this.#host, server, { subprotocols: ["chat"] }, this.handler).then(
      (connection) => this.accepted.push(connection as Connection),
      () => undefined,
    );
    return openConnection(this.#host, connectTarget(url), () => client, options, handlers);
  };

  /** Lets bytes travel, and gives how many tasks are waiting. */
  async settle(): Promise<number> {
    // Time: turns of the loop, of no length.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    return this.tasks.length;
  }

  /** Runs everything that waits, and what comes of it. */
  async run(): Promise<void> {
    while ((await this.settle()) > 0) this.tasks.shift()!();
  }
}
