import { describeRuntime } from "./support.ts";

describeRuntime("Node 22");
