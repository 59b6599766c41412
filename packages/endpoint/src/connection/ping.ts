/** A Ping of the program's (RFC 6455 §5.5.2), as a promise that only rejects, can be given up, and may be ignored: a Ping may be sent for its effect alone. */
import type { AbortSignalLike } from "../ports/abort-signal.ts";
import { requireBytes } from "./bytes.ts";
import type { Outgoing } from "./carrier.ts";
import { takeOptions, type KnownOptions } from "./check-options.ts";
import { ignorable } from "./ignorable.ts";
import { signal } from "./option-kinds.ts";
import { unlessAborted } from "./unless-aborted.ts";

type Payload = ArrayBufferView | ArrayBufferLike;

export interface PingOptions {
  /** Gives up waiting. The Ping is not taken back: its Pong may still come, and is nobody's then. */
  readonly signal?: AbortSignalLike | undefined;
}

const pingOptions: KnownOptions<PingOptions> = { signal };

export function ping(sending: Outgoing, payload: Payload | undefined, options: PingOptions | undefined): Promise<number> {
  return ignorable(() => send(sending, payload, options));
}

async function send(sending: Outgoing, given: Payload | undefined, options: PingOptions | undefined): Promise<number> {
  const signal = options === undefined ? undefined : takeOptions(options, pingOptions).signal;
  const payload = given === undefined ? undefined : requireBytes(given);
  if (signal?.aborted === true) throw signal.reason;
  return await unlessAborted(sending.ping(payload), signal);
}
