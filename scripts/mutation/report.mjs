// docs/mutation.json and docs/mutation.md, from the scores of the last runs.
//
//   node scripts/mutation/report.mjs     writes the page again, from docs/mutation.json and reasons.json
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { reasons } from "./reasons.mjs";
import { packages, repository } from "./tree.mjs";

const json = join(repository, "docs/mutation.json");
const page = join(repository, "docs/mutation.md");

/** Takes the scores that were measured since, and writes both. */
export function save() {
  const saved = existsSync(json) ? JSON.parse(readFileSync(json, "utf8")) : {};
  for (const name of Object.keys(packages)) {
    const score = join(repository, ".cache/mutation", `score-${name}.json`);
    if (existsSync(score)) saved[name] = JSON.parse(readFileSync(score, "utf8"));
  }
  writeFileSync(json, `${JSON.stringify(saved, undefined, 1)}\n`);
  writeFileSync(page, pageOf(saved, reasons));
}

export function pageOf(saved, why) {
  return [
    "# Mutation testing",
    "",
    "`npm run test:mutation` plants small faults in the sources, one at a time: a comparison that includes its bound, an operand left out, a number one",
    "higher, a statement removed, a text emptied. A fault that no test of the package notices is a gap in the tests, or the same program in other words.",
    "The score is what was noticed, of all that are not shown to be the same program. `scripts/mutation/operators.mjs` has the faults, and",
    "`scripts/mutation/reasons.json` the reasons. Written by `npm run test:mutation -- --save`; `tried` less than `faults` is a sample.",
    "",
    ...Object.entries(saved).flatMap(([name, files]) => sectionOf(name, files)),
    "## The same program",
    "",
    ...Object.entries(why).flatMap(([file, entries]) => [`\`${file}\``, "", ...entries.map(reasonLine), ""]),
  ].join("\n");
}

function sectionOf(name, files) {
  const rows = Object.entries(files);
  const total = { mutants: 0, tried: 0, noticed: 0, equivalent: 0 };
  for (const [, file] of rows) for (const field of Object.keys(total)) total[field] += file[field];
  return [
    `## ${name}: ${scoreOf(total)}`,
    "",
    "| file | faults | the same program | tried | noticed | score |",
    "|---|--:|--:|--:|--:|--:|",
    ...rows.map(([file, counts]) => rowOf(`\`${file.replace(/^packages\//, "")}\``, counts)),
    rowOf("all", total),
    "",
    ...rows.flatMap(([file, { alive }]) => aliveLines(file, alive)),
  ];
}

const rowOf = (what, counts) =>
  `| ${what} | ${counts.mutants} | ${counts.equivalent} | ${counts.tried} | ${counts.noticed} | ${scoreOf(counts)} |`;

const scoreOf = ({ tried, noticed }) => (tried === 0 ? "–" : `${((100 * noticed) / tried).toFixed(1)} %`);

function aliveLines(file, alive) {
  if (alive.length === 0) return [];
  const lines = alive.map(({ place, text, change }) => `- ${place}: ${code(text)} → ${code(change)}`);
  return [`Not noticed in \`${file}\`:`, "", ...lines, ""];
}

const reasonLine = ({ place, text, change, because }) =>
  `- ${place}: ${code(text)}${change === undefined ? "" : ` → ${code(change)}`}: ${because}`;

/** A bracket before a parenthesis would be a link, were it not for the space. */
const code = (given) => {
  const text = given.replaceAll("](", "] (");
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
};

if (process.argv[1] === import.meta.filename) writeFileSync(page, pageOf(JSON.parse(readFileSync(json, "utf8")), reasons));
