import { DeflateContexts, createDeflateExtension, type ContextLimits, type DeflateOptions, type Zlib } from "@ws/protocol/deflate";
import type { Extension } from "@ws/protocol/handshake";
import { createPakoZlib } from "@ws/protocol/pako";

import { takeOptions, type KnownOptions } from "../connection/check-options.ts";
import { deflateOptions } from "../connection/known-options.ts";
import { number } from "../connection/option-kinds.ts";
import { createDeflate, createInflate } from "./handle-stream.ts";
import { pause } from "./pause.ts";
import { keepsItsPromises } from "./self-test.ts";

/**
 * permessage-deflate over the host's `node:zlib`: Node, Deno and Bun. A sibling of the root export, with types of its
 * own, because the root needs only ECMAScript.
 */

const native: Zlib = { createDeflate, createInflate, pause };

let chosen: Zlib | undefined;

/** `node:zlib`, or pako where `node:zlib` has changed its ways. */
export function hostZlib(): Zlib {
  // v8 ignore next -- every runtime of the tests keeps them; a test gives broken ones to `keepsItsPromises`
  return (chosen ??= keepsItsPromises(native) ? native : createPakoZlib({ pause }));
}

let shared: DeflateContexts | undefined;

const knownOptions: KnownOptions<DeflateOptions & ContextLimits> = { ...deflateOptions, deflates: number, inflates: number, tasks: number };

/**
 * What the option `compress` of the adapters makes, for hosts of one's own (`deflate`), and for the option `extensions` of a server that is to have
 * zlib streams of its own.
 *
 * All extensions of a process share their zlib streams, unless their number is chosen here.
 *
 * @throws TypeError for a name that is no option; RangeError for a setting that zlib or the RFC has no value for
 */
export function permessageDeflate(options: DeflateOptions & ContextLimits = {}): Extension {
  const taken = takeOptions(options, knownOptions);
  const own = taken.deflates !== undefined || taken.inflates !== undefined || taken.tasks !== undefined;
  return createDeflateExtension(own ? new DeflateContexts(hostZlib(), taken) : (shared ??= new DeflateContexts(hostZlib())), taken);
}

export { keepsItsPromises };
export type { ContextLimits, DeflateOptions };
