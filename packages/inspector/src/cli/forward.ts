/**
 * One conversation: a client's socket, a socket to the target, and every octet carried from one to the other unchanged.
 *
 * Backpressure passes through: a side that does not read stops the other side from being read. The recorder gets
 * the same buffers, which nobody writes to, and never makes anything wait.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

import type { Direction } from "../model/records.ts";
import { headEnd, rewriteHost } from "./head.ts";
import type { ConversationRecorder } from "./recorder.ts";
import { connectTo, type ConnectOptions, type ParsedTarget } from "./target.ts";

export interface ForwardOptions extends ConnectOptions {
  readonly rewriteHost?: boolean;
}

/** Milliseconds without traffic that a refused client is kept. */
const LINGER = 2_000;

/** Forwards until both sides have ended. `first` is what was read from the client already. */
export function forward(
  client: Socket,
  first: Uint8Array,
  target: ParsedTarget,
  options: ForwardOptions,
  recorder: ConversationRecorder,
  done: () => void,
): { destroy(): void } {
  const remote = connectTo(target, options);
  let connected = false;
  let open = 2;

  client.pause();
  recorder.bytes("client", first);
  remote.once(target.secure ? "secureConnect" : "connect", () => {
    connected = true;
    recorder.event({
      event: "connected",
      remote: { address: remote.remoteAddress ?? "", port: remote.remotePort ?? 0 },
      ...(target.secure ? { tls: (remote as TLSSocket).getProtocol() ?? "TLS" } : {}),
    });
    let bytes = first;
    if (options.rewriteHost === true) bytes = rewritten(first, target, recorder);
    remote.write(bytes);
    if (client.readableEnded) {
      recorder.event({ event: "ended", side: "client" });
      remote.end();
    } else pipe(client, remote, "client", recorder);
    pipe(remote, client, "target", recorder);
    client.resume();
  });

  const failed = (side: Direction, socket: Socket, other: Socket) => (error: Error) => {
    if (!connected && side === "target") {
      recorder.event({ event: "unreachable", reason: error.message });
      refuse(client, badGateway(target, error));
      return;
    }
    recorder.event({ event: "reset", side, reason: error.message });
    // What one side did to its connection is done to the other: a reset stays a reset.
    socket.destroy();
    reset(other);
  };
  client.on("error", failed("client", client, remote));
  remote.on("error", failed("target", remote, client));

  const closed = (): void => {
    open -= 1;
    if (open > 0) return;
    recorder.closed();
    done();
  };
  client.once("close", () => {
    // A client that leaves before the target answers the call leaves nothing to connect for.
    if (!connected) remote.destroy();
    closed();
  });
  remote.once("close", closed);

  return {
    destroy() {
      client.destroy();
      remote.destroy();
    },
  };
}

function pipe(from: Socket, to: Socket, side: Direction, recorder: ConversationRecorder): void {
  from.on("data", (bytes: Buffer) => {
    if (to.destroyed) return;
    if (!to.write(bytes)) from.pause();
    recorder.bytes(side, bytes);
  });
  to.on("drain", () => from.resume());
  from.once("end", () => {
    recorder.event({ event: "ended", side });
    to.end();
  });
}

/** The one named exception to "never changes a byte". */
function rewritten(first: Uint8Array, target: ParsedTarget, recorder: ConversationRecorder): Uint8Array {
  const end = headEnd(first);
  if (end < 0) return first;
  const { bytes, fields } = rewriteHost(first.subarray(0, end), target.host, target.origin);
  if (fields.length > 0) recorder.event({ event: "rewritten", fields });
  return Buffer.concat([bytes, first.subarray(end)]);
}

/** Node resets bare TCP connections only, and not behind a FIN that is still to be sent: it says EINVAL then, and leaves the socket open. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket || (socket.writableEnded && !socket.writableFinished)) socket.destroy();
  else socket.resetAndDestroy();
}

/** Sends a last answer; the client has a moment to read it and to go. */
export function refuse(client: Socket, answer: string): void {
  client.end(answer);
  client.resume();
  client.setTimeout(LINGER, () => {
    client.destroy();
  });
}

function badGateway(target: ParsedTarget, error: Error): string {
  const body = `The inspector could not reach ${target.url}: ${error.message}\n`;
  return (
    "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n" +
    `Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`
  );
}
