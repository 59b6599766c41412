/** Compiled only, by the check of each runtime, whose adapter is `#adapter`: it has at least the common API, with options no narrower. */
import type { Adapter } from "../../adapter.ts";
import type { AdapterNames, Bytes, Face, Hold } from "../face.ts";

import * as adapter from "#adapter";

adapter satisfies Adapter;
adapter satisfies Face;
export type Names = Hold<AdapterNames<adapter.ListenOptions, adapter.ConnectOptions>>;

/** What the platform takes is what a program is given. */
export async function platform(connection: adapter.Connection): Promise<void> {
  for await (const message of connection) {
    if (typeof message === "string") continue;
    await crypto.subtle.digest("SHA-256", message satisfies Bytes);
    new Blob([message]);
  }
}

// @ts-expect-error a client's context is not for its caller to claim
void adapter.connect<string>("ws://localhost/");
adapter.connect("ws://localhost/").then(({ context }) => context satisfies undefined);
// @ts-expect-error handlers are the third argument
void adapter.connect("ws://localhost/", { message: () => undefined });

// Each role has leniencies of its own, and none has one for the mask.
const both: { nonMinimalLengths: true; emptyHandshakeFields: true } = { nonMinimalLengths: true, emptyHandshakeFields: true };
void adapter.listen({ lenient: { ...both, strayKeyBits: true, leadingEmptyLines: undefined } }, {});
void adapter.connect("ws://localhost/", { lenient: { ...both, missingReasonSpace: false } });
void new adapter.WebSocket("ws://localhost/", { lenient: both });
// @ts-expect-error a client's leniency
void adapter.listen({ lenient: { missingReasonSpace: true } }, {});
// @ts-expect-error a server's leniency
void adapter.connect("ws://localhost/", { lenient: { strayKeyBits: true } });
// @ts-expect-error a server's leniency
void adapter.connect("ws://localhost/", { lenient: { leadingEmptyLines: true } });
// @ts-expect-error no leniency at all
void adapter.listen({ lenient: { unmaskedFrames: true } }, {});
// @ts-expect-error chosen by name, not as a whole
void adapter.listen({ lenient: true }, {});

const socket = new adapter.WebSocket("ws://localhost/");
socket.addEventListener("error", ({ error }) => error.kind satisfies adapter.ErrorKind);
socket.onerror = ({ error }) => error.kind satisfies adapter.ErrorKind;
const clients = new Set<unknown>();
// @ts-expect-error a function says by its promise when it is done
void adapter.listen({}, (connection) => {
  clients.add(connection);
});
// @ts-expect-error the same for a client
void adapter.connect("ws://localhost/", {}, (connection) => {
  clients.add(connection);
});
void adapter.listen({}, { open: (connection) => clients.add(connection) });
void adapter.connect("ws://localhost/", {}, async (connection) => {
  for await (const message of connection) clients.add(message);
});

export async function disposing(): Promise<void> {
  await using server = await adapter.listen({}, {});
  await using connection = await adapter.connect(server.url, { unix: server.unix });
  connection satisfies adapter.Connection<undefined>;
  server satisfies { port: number; hostname: string; unix: string | undefined; connections: Iterable<unknown> };
  // @ts-expect-error which connections there are is the server's to say
  server.connections.delete(connection);
}
