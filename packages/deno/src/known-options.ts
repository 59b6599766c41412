/** The names of this adapter's options: those of the endpoint, and its own. */
import {
  type KnownOptions,
  listenAddress,
  openOptions,
  optionKinds,
  serverOptions,
  tlsClientOptions,
  tlsServerOptions,
} from "@ws/endpoint/internal";

import type { ConnectOptions, ListenOptions } from "./options.ts";

const { unix, callback, recordOf } = optionKinds;

export const listenOptions: KnownOptions<ListenOptions> = {
  ...serverOptions,
  ...listenAddress,
  tls: recordOf(tlsServerOptions),
  fetch: callback,
};

export const connectOptions: KnownOptions<ConnectOptions> = {
  ...openOptions,
  tls: recordOf(tlsClientOptions),
  unix,
  createConnection: callback,
};
