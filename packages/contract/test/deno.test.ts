import { describeRuntime } from "./support.ts";

describeRuntime("Deno");
