import type { EngineClosed } from "@ws/protocol";

import type { ConnectionError } from "./errors.ts";

/** How a connection ended. `error` is what iteration throws as well. */
export type Closed = EngineClosed<ConnectionError>;
