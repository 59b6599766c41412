import { describeRuntime } from "./support.ts";

describeRuntime("Bun");
