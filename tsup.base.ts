import { defineConfig, type Options } from "tsup";

/** The one build shape of every published package: ESM and its types, in `dist/`. */
export function packageBuild(options: Options & { entry: string[] }): ReturnType<typeof defineConfig> {
  return defineConfig({
    format: "esm",
    target: "es2023",
    platform: "neutral",
    dts: true,
    clean: true,
    sourcemap: true,
    splitting: true,
    treeshake: true,
    // Deno knows the host's modules by their full names only.
    removeNodeProtocol: false,
    external: [/^node:/],
    ...options,
  });
}
