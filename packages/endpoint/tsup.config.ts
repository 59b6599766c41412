import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
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
