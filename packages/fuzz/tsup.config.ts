import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: { index: "src/index.ts", "run/index": "src/run/index.ts", "cli/main": "src/cli/main.ts" },
  platform: "node",
});
