export { suite } from "./suite.ts";
export { differences } from "./differences.ts";
