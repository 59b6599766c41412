/** Compiled only, by the check of each runtime: its adapter infers contexts as ../context.ts has it of the common API. */
import type { Connection, Server } from "@ws/endpoint";

import type * as common from "../context.ts";

import * as adapter from "#adapter";

export async function inferred(): Promise<void> {
  const named = async ({ target }: { readonly target: string }): Promise<{ context: string } | { status: number }> =>
    target === "/" ? await Promise.resolve({ status: 404 }) : { context: target };
  const server: Server<string> = await adapter.listen(
    { upgrade: async ({ target }) => await named({ target }) },
    { message: (connection, message) => void connection.send(connection.context + String(message)) },
  );
  const greet = async (connection: Connection<string>): Promise<void> => void (await connection.ping());
  await adapter.listen({ upgrade: async ({ target }) => await named({ target }) }, greet);
  // @ts-expect-error -- nobody gives the text
  await adapter.listen({}, greet);
  // @ts-expect-error -- a forgotten path
  await adapter.listen({ upgrade: async ({ target }) => (target === "/" ? await named({ target }) : undefined) }, greet);
  await server.close();
}
export type Common = typeof common;
