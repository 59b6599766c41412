/** The names of this adapter's options: those of the endpoint, and its own. */
import { type KnownOptions, openOptions, optionKinds, serverOptions } from "@ws/endpoint/internal";

import type { ConnectOptions, ListenOptions, TlsClientOptions, TlsServerOptions } from "./options.ts";

const { number, text, callback, any, recordOf } = optionKinds;

const tlsServer: KnownOptions<TlsServerOptions> = { key: any, cert: any };
const tlsClient: KnownOptions<TlsClientOptions> = { ca: any, servername: text, cert: any, key: any };

export const listenOptions: KnownOptions<ListenOptions> = {
  ...serverOptions,
  port: number,
  hostname: text,
  unix: text,
  backlog: number,
  tls: recordOf(tlsServer),
  fetch: callback,
};

export const connectOptions: KnownOptions<ConnectOptions> = {
  ...openOptions,
  tls: recordOf(tlsClient),
  unix: text,
  createConnection: callback,
};
