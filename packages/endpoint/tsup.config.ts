import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  // Programs need not choose this library for it, as for `await using` in the types of Node.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  entry: [
    "src/index.ts",
    "src/internal.ts",
    "src/api.ts",
    "src/streams/index.ts",
    "src/testing/index.ts",
    "src/web/index.ts",
    "src/node-http/index.ts",
    "src/zlib/index.ts",
    "src/node-buffer/index.ts",
    "src/read-memory/index.ts",
  ],
});
