import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: {
    index: "src/index.ts",
    arbitraries: "src/arbitraries.ts",
    oracle: "src/oracle.ts",
    wire: "src/wire.ts",
    run: "src/run.ts",
    "cli/main": "src/cli/main.ts",
  },
  platform: "node",
});
