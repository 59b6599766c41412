/**
 * What a host is asked to run: vectors and properties of all three layers that need nothing of it. Bundled with the built packages into one
 * file, which QuickJS, workerd and Chromium execute as it is.
 */
import { type Check, type Result, runChecks } from "./check.ts";
import { codecChecks } from "./codec.ts";
import { endpointChecks } from "./endpoint.ts";
import { engineChecks } from "./engine.ts";
import { handshakeChecks } from "./handshake.ts";

const layers: readonly [layer: string, checks: readonly Check[]][] = [
  ["codec", codecChecks],
  ["handshake", handshakeChecks],
  ["engine", engineChecks],
  ["endpoint", endpointChecks],
];

export const checks: readonly Check[] = layers.flatMap(([layer, checks]) =>
  checks.map(({ name, run }) => ({ name: `${layer}: ${name}`, run })),
);

/** All of them, or those of one layer. */
export function run(layer = ""): Promise<Result[]> {
  return runChecks(checks.filter(({ name }) => name.startsWith(layer)));
}
