/** Every package whose tests run in Vitest. Vitest 4 and later read this through `vitest.config.ts`. */
export default [
  "packages/codec",
  "packages/protocol",
  "packages/endpoint",
  "packages/node",
  "packages/deno",
  "packages/bun",
  "packages/fuzz",
  "packages/inspector",
  "packages/contract",
  "packages/bench",
  "scripts",
] as const satisfies readonly string[];
