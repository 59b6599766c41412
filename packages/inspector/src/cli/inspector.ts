/**
 * One port for everything: WebSocket conversations are forwarded, ordinary HTTP gets the page, and the page's live feed
 * has a path of its own.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";

import type { Setup, Target } from "../model/records.ts";
import { serveFeed } from "./feed.ts";
import { forward, type ForwardOptions, refuse } from "./forward.ts";
import { isLocalName, isOwnPath, MAX_HEAD, OWN_PATH, ownerOf } from "./head.ts";
import { contentSecurityPolicy, loadPage } from "./page.ts";
import { Recorder } from "./recorder.ts";
import { parseTarget } from "./target.ts";

export interface InspectorOptions extends ForwardOptions {
  /** `ws://host:port`, `wss://host:port`, each optionally behind `name=`. The first is selected. */
  readonly targets: readonly string[];
  /** 0 (default): any free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. Whoever can reach the port can read every conversation. */
  readonly host?: string;
  /** Octets of history held for pages that read later or slowly. Default: 32 MiB. */
  readonly history?: number;
  /** Payload octets kept of each frame. Default: 256 KiB. */
  readonly keepPayload?: number;
  /** Conversations at one time; more are answered with 503. Default: 1024. */
  readonly maxConversations?: number;
  /** The page, when it does not lie beside the program. */
  readonly page?: string;
}

export interface Inspector {
  readonly port: number;
  /** The page's address. */
  readonly url: string;
  readonly targets: readonly Target[];
  /** Octets of history held now. */
  readonly held: number;
  /** Ends every conversation and stops listening. */
  close(): Promise<void>;
}

export const INSPECTOR_DEFAULTS: Readonly<{ host: string; history: number; keepPayload: number; maxConversations: number }> = Object.freeze(
  {
    host: "127.0.0.1",
    history: 32 * 1024 * 1024,
    keepPayload: 256 * 1024,
    maxConversations: 1024,
  },
);

/** Milliseconds a client may take for the head before it becomes the target's affair. */
const HEAD_TIME = 5_000;
/** Milliseconds a client may be silent before its first octet: browsers open connections on suspicion. */
const SILENT_TIME = 60_000;

export async function startInspector(options: InspectorOptions): Promise<Inspector> {
  const targets = options.targets.map(parseTarget);
  if (targets.length === 0) throw new TypeError("An inspector needs a target.");
  const host = options.host ?? INSPECTOR_DEFAULTS.host;
  const page = options.page ?? (await loadPage());
  const recorder = new Recorder(
    { history: options.history ?? INSPECTOR_DEFAULTS.history, keepPayload: options.keepPayload ?? INSPECTOR_DEFAULTS.keepPayload },
    () => performance.timeOrigin + performance.now(),
  );
  const setup = (): Setup => ({
    targets: targets.map(({ name, url }) => ({ name, url })),
    selected,
    rewriteHost: options.rewriteHost === true,
    keepPayload: recorder.limits.keepPayload,
  });
  let selected = 0;
  let conversations = 0;
  const running = new Set<{ destroy(): void }>();

  // Ordinary HTTP is served by Node's own HTTP server, which never listens: sockets are handed to it.
  const http = createHttpServer((request, response) => {
    servePage(request, response, page);
  });
  const feed = serveFeed(http, recorder, setup, (index) => {
    if (index in targets) selected = index;
  });

  const start = (socket: Socket, first: Uint8Array): void => {
    if (running.size >= (options.maxConversations ?? INSPECTOR_DEFAULTS.maxConversations)) {
      refuse(socket, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const target = targets[selected]!;
    conversations += 1;
    const recording = recorder.open(conversations, {
      client: { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
      local: { address: socket.localAddress ?? "", port: socket.localPort ?? 0 },
      target: { name: target.name, url: target.url },
    });
    const conversation = forward(socket, first, target, options, recording, () => running.delete(conversation));
    running.add(conversation);
  };

  const undecided = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    // A reset is noticed by whoever has the socket; between two owners it must not end the process.
    socket.on("error", () => undefined);
    undecided.add(socket);
    decide(socket, (owner, bytes) => {
      undecided.delete(socket);
      if (owner === "target") start(socket, bytes);
      else if (owner === "inspector") {
        socket.unshift(bytes);
        socket.allowHalfOpen = false;
        http.emit("connection", socket);
        socket.resume();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${String(port)}/`,
    targets: setup().targets,
    get held() {
      return recorder.held;
    },
    async close() {
      const closed = new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
      for (const socket of undecided) socket.destroy();
      for (const conversation of running) conversation.destroy();
      await feed.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Collects a client's first octets until it is clear whose they are; undefined: it left before. */
function decide(socket: Socket, decided: (owner: "target" | "inspector" | undefined, bytes: Uint8Array) => void): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer = setTimeout(() => {
    socket.destroy();
  }, SILENT_TIME);
  const finish = (owner: "target" | "inspector" | undefined): void => {
    clearTimeout(timer);
    socket.off("data", read).off("end", ended).off("close", left).off("error", left);
    socket.pause();
    decided(owner, Buffer.concat(chunks));
  };
  const read = (chunk: Buffer): void => {
    if (length === 0) {
      clearTimeout(timer);
      timer = setTimeout(finish, HEAD_TIME, "target");
    }
    chunks.push(chunk);
    length += chunk.length;
    // Only the end of a line can decide, so that a head that trickles in is not read again for every octet.
    if (chunks.length > 1 && !chunk.includes(10) && length <= MAX_HEAD) return;
    const owner = ownerOf(chunks.length === 1 ? chunk : Buffer.concat(chunks));
    if (owner !== undefined || length > MAX_HEAD) finish(owner ?? "target");
  };
  const left = (): void => {
    clearTimeout(timer);
    decided(undefined, new Uint8Array(0));
  };
  const ended = (): void => {
    // Half a head and then nothing: the target may say what it thinks of it.
    if (length > 0) finish("target");
    else socket.destroy();
  };
  socket.on("data", read).once("end", ended).once("close", left).on("error", left);
}

function servePage(request: IncomingMessage, response: ServerResponse, page: string): void {
  const path = (request.url ?? "/").split("?", 1)[0]!;
  const plain = { "content-type": "text/plain; charset=utf-8", connection: "close", "x-content-type-options": "nosniff" };
  if (!isLocalName(request)) {
    response.writeHead(403, plain).end("The inspector's page answers only to localhost and to IP addresses.\n");
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    response
      .writeHead(405, { ...plain, allow: "GET, HEAD" })
      .end("Only WebSocket handshakes are forwarded; this is an ordinary HTTP request.\n");
  } else if (path === "/" || isOwnPath(path)) {
    response
      .writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": contentSecurityPolicy(page),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        connection: "close",
      })
      .end(request.method === "HEAD" ? undefined : page);
  } else {
    response.writeHead(404, plain).end(`Only WebSocket handshakes are forwarded; the inspector's page is at / and at ${OWN_PATH}/.\n`);
  }
}
