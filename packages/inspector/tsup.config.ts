import { packageBuild } from "../../tsup.base.ts";
import { writePage } from "./page.build.ts";

export default packageBuild({
  entry: { index: "src/index.ts", server: "src/cli/inspector.ts", "ws-inspector": "src/cli/main.ts" },
  platform: "node",
  onSuccess: writePage,
});
