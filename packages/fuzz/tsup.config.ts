import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: { index: "src/index.ts", run: "src/run.ts", "cli/main": "src/cli/main.ts" },
  platform: "node",
});
