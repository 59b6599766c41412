// What adapters need beside the root export. No semver: it changes in any version, together with the adapters of the same version.

export * as optionKinds from "./connection/option-kinds.ts";
export type { KnownOptions } from "./connection/check-options.ts";
export { takeConnectOptions, takeListenOptions, openOptions, serverOptions } from "./connection/known-options.ts";
export { errorReporter } from "./driver/host.ts";
export {
  listenAddress,
  tlsClientOptions,
  tlsServerOptions,
  type ListenAddress,
  type TlsClientOptions,
  type TlsServerOptions,
} from "./connection/socket-options.ts";
export { defineAcceptUpgrade, type Upgraded } from "./opening/http-upgrade.ts";
export { parseUrl } from "./opening/connect-target.ts";
export { WriteQueue } from "./transports/write-queue.ts";
