/** `ws-fuzz rules`: the table, one rule a line. */
import { AUTOBAHN_CASES } from "../autobahn/cases.ts";
import { RULES } from "../rules/index.ts";

export function listRules(): number {
  for (const { id, section, level, targets, title } of RULES) {
    const cases = AUTOBAHN_CASES.filter((each) => each.rules.includes(id)).length;
    console.log(`${id}\t${section}\t${level}\t${targets.join(",")}\t${title}\t${cases} Autobahn cases`);
  }
  return 0;
}
