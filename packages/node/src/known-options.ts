/** The names of this adapter's options: those of the endpoint, and its own. */
import { type KnownOptions, listenAddress, openOptions, optionKinds, serverOptions } from "@ws/endpoint/internal";

import type { ConnectOptions, ListenOptions } from "./options.ts";

const { unix, callback, record } = optionKinds;

export const listenOptions: KnownOptions<ListenOptions> = {
  ...serverOptions,
  ...listenAddress,
  tls: record,
  fetch: callback,
};

export const connectOptions: KnownOptions<ConnectOptions> = { ...openOptions, tls: record, unix, createConnection: callback };
