import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: ["src/index.ts", "src/handshake/index.ts", "src/deflate/index.ts", "src/deflate/pako.ts", "src/internal.ts"],
});
