/** RFC 7692, by the option `compress`: what is negotiated, and which messages carry RSV1. */
import type { ConnectionOptions, Connection } from "@ws/endpoint";

import { type Case, equal, local, receive, type Test } from "../case.ts";

interface Agreed {
  readonly client: Connection;
  readonly extensions: string;
  /** RSV1 of each data frame that the client sends and receives. */
  readonly compressed: boolean[];
}

/** An echo between a server and a client with these options. */
async function echoed(t: Test, server: ConnectionOptions, client: ConnectionOptions): Promise<Agreed> {
  const { url } = await t.listen({ port: 0, ...server }, { message: (connection, message) => connection.send(message) });
  const compressed: boolean[] = [];
  const connection = await t.connect(url, {
    ...client,
    inspect: (header) => {
      if (header.opcode < 8) compressed.push(header.rsv === 4);
    },
  });
  return { client: connection, extensions: connection.extensions, compressed };
}

const text = "compressible ".repeat(100);

export const compression: readonly Case[] = [
  local("RFC 7692: nothing is compressed unless both ask for it", async (t) => {
    for (const [server, client] of [
      [undefined, true],
      [false, true],
      [true, undefined],
      [true, false],
    ] as const) {
      const { client: connection, extensions, compressed } = await echoed(t, { compress: server }, { compress: client });
      connection.send(text);
      equal(await receive(connection), text, "echo");
      equal([extensions, compressed], ["", [false, false]], `server ${server}, client ${client}`);
    }
  }),
  local("RFC 7692: compress is true, or the parameters, in either role", async (t) => {
    for (const [server, client, agreed] of [
      [true, true, "permessage-deflate"],
      [{ serverNoContextTakeover: true }, true, "permessage-deflate; server_no_context_takeover"],
      [true, { clientMaxWindowBits: 10 }, "permessage-deflate; client_max_window_bits=10"],
    ] as const) {
      const { client: connection, extensions, compressed } = await echoed(t, { compress: server }, { compress: client });
      connection.send(text);
      equal(await receive(connection), text, "echo");
      equal([extensions, compressed], [agreed, [true, true]], JSON.stringify([server, client]));
    }
  }),
];
