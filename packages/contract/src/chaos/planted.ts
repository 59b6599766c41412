/** Faults that the random driver has to find, planted one at a time in a copy of the sources (plant.ts). What it does not find it does not look at. */

export interface PlantedFault {
  /** What is wrong, as docs/chaos.md says it. */
  readonly what: string;
  /** Below `packages/`. */
  readonly file: string;
  /** Stands in the file once. */
  readonly from: string;
  readonly to: string;
}

export const PLANTED: readonly PlantedFault[] = [
  {
    what: "a read is taken for the whole of its buffer",
    file: "endpoint/src/node-http/socket-transport.ts",
    from: "new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)",
    to: "new Uint8Array(chunk.buffer)",
  },
  {
    what: "a transport that has drained does not settle `ready`",
    file: "endpoint/src/driver/driver.ts",
    from: "    this.#side.write();\n    this.#settleDrain();\n  }\n\n  ended(): void {",
    to: "    this.#side.write();\n  }\n\n  ended(): void {",
  },
  {
    what: "a lost transport is clean, without both Closes",
    file: "protocol/src/connection/closing.ts",
    from: "    if (!this.#lifecycle.handshakeComplete) this.markUnclean(code, cause);",
    to: '    if (code !== "TRANSPORT_LOST" && !this.#lifecycle.handshakeComplete) this.markUnclean(code, cause);',
  },
  {
    what: "messages are given behind our own `close`",
    file: "endpoint/src/driver/driver.ts",
    from: "    if (this.#discarding) return;\n    if (this.#idle.isWatched) this.#idle.messageAt(this.engine.now);\n    this.#delivery.message(message);",
    to: "    this.#delivery.message(message);",
  },
  {
    what: "a connection whose handlers are not done stays in `server.connections`",
    file: "endpoint/src/server.ts",
    from: "    this.connections.delete(connection);\n",
    to: "    if (isDelivered) this.connections.delete(connection);\n",
  },
  {
    what: "of what waits behind a handler the second is given first",
    file: "endpoint/src/driver/handler-delivery.ts",
    from: "      const item = this.#backlog?.shift();\n",
    to: "      if ((this.#backlog?.length ?? 0) > 1) this.#backlog!.push(this.#backlog!.shift()!);\n      const item = this.#backlog?.shift();\n",
  },
  {
    what: "a message is given while the handler's promise of the one before is pending",
    file: "endpoint/src/driver/handler-delivery.ts",
    from: "    if (this.behind) this.#wait(message);",
    to: "    if (this.backlogBytes > 0) this.#wait(message);",
  },
  {
    what: "bytes behind the request's head are not copied while `upgrade` decides",
    file: "endpoint/src/opening/early-bytes.ts",
    from: "bytes.slice()",
    to: "bytes",
  },
  {
    what: "the send arena frees what lies at the same place of another buffer",
    file: "protocol/src/connection/arena.ts",
    from: " && piece.buffer === this.slab.buffer",
    to: "",
  },
  {
    what: "a borrowed message that waits for the handler is not copied",
    file: "endpoint/src/driver/handler-delivery.ts",
    from: "item instanceof Uint8Array ? item.slice() : item",
    to: "item",
  },
  {
    what: "a chunk that comes while the program is behind is not copied",
    file: "endpoint/src/driver/reading.ts",
    from: "this.#engine.receive(this.#transport.borrowed ? bytes.slice() : bytes);",
    to: "this.#engine.receive(bytes);",
  },
  {
    what: "what is left of a chunk is not copied when the program is behind",
    file: "endpoint/src/driver/reading.ts",
    from: "    this.#engine.retain();\n",
    to: "",
  },
  {
    what: "a borrowed message is sent on without a copy",
    file: "endpoint/src/driver/driver-group.ts",
    from: "return (bytes === engine.payload && bytes.byteOffset > 0) || bytes.buffer === borrowedBuffer;",
    to: "return bytes === engine.payload && bytes.length < 2;",
  },
  {
    what: "a peer that broke the rules is reset, without a FIN",
    file: "endpoint/src/driver/transport-side.ts",
    from: 'this.move("end")) this.#transport.end();',
    to: 'this.move("end")) this.#transport.destroy();',
  },
  {
    what: "a client resets a server whose answer it refuses, without a FIN",
    file: "endpoint/src/opening/opening.ts",
    from: "    this.#transport?.end();\n",
    to: "",
  },
  {
    what: "`flush` settles `ready` at once",
    file: "endpoint/src/driver/sending.ts",
    from: "    if (this.#left === undefined) this.write();\n",
    to: "    if (this.#left === undefined) this.write();\n    this.#readyWaiter?.resolve(undefined);\n    this.#readyWaiter = undefined;\n",
  },
  {
    what: "the deadline of a connection stays when it is over",
    file: "endpoint/src/driver/driver.ts",
    from: 'if (this.#side.phase === "released" && this.deadline === Infinity) deadlines.remove(this);\n    else deadlines.update(this);',
    to: "deadlines.update(this);",
  },
  {
    what: "the deadline of an opening handshake stays when it is over",
    file: "endpoint/src/opening/server-opening.ts",
    from: "    this.#plan.group.deadlines.remove(this);\n",
    to: "",
  },
  {
    what: "the transports of sockets are kept for ever",
    file: "endpoint/src/node-http/socket-transport.ts",
    from: "    socket[transportOf] = this;\n",
    to: "    socket[transportOf] = this;\n    ((globalThis as { kept?: unknown[] }).kept ??= []).push(this);\n",
  },
];
