/** Files that the command line names. */
import { readFileSync } from "node:fs";

import { Usage } from "./usage.ts";

/** Reads JSON and what it stands for. Whatever is wrong with the file is a matter of usage. */
export function readFile<Value>(path: string, parse: (json: unknown) => Value): Value {
  try {
    return parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Usage(`${path}: ${(error as Error).message}`);
  }
}
