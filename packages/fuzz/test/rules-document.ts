/** Writes docs/fuzz-rules.md and docs/fuzz-autobahn.md from the tables. */
import { AUTOBAHN_CASES } from "../src/autobahn/cases.ts";
import { AUTOBAHN_GROUPS } from "../src/autobahn/groups.ts";
import { HANDSHAKE_PROBLEMS } from "../src/rfc/handshake-problems.ts";
import { VIOLATIONS } from "../src/rfc/violations.ts";
import { matcherOf } from "../src/rules/glob.ts";
import { RULES } from "../src/rules/index.ts";
import type { Rule } from "../src/rules/rule.ts";
import { AREAS } from "../src/sessions/areas.ts";
import { describeSession } from "../src/sessions/describe.ts";
import { DEFECTS } from "./planted/defects.ts";

const cell = (value: string): string => value.replaceAll("|", "\\|").replaceAll("\n", " ");

function exchange(rule: Rule): string {
  const lines = describeSession(rule.session, rule.targets[0]!);
  const shown = lines.slice(0, 5).map((line) => (line.length > 110 ? `${line.slice(0, 107)}…` : line));
  return cell(
    [...shown, ...(lines.length > 5 ? [`… ${lines.length - 5} more`] : [])].join(" · ") || "the plain handshake, a closing handshake",
  );
}
function planted(rule: Rule): string {
  if (rule.unplanted !== undefined) return `none: ${rule.unplanted}`;
  const names = DEFECTS.filter(
    (defect) => defect.roles.some((role) => rule.targets.includes(role)) && matcherOf(defect.breaks)(rule.id),
  ).map((defect) => defect.id);
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

export function rulesDocument(): string {
  const parts = AREAS.map((area) => {
    const rows = RULES.filter((rule) => rule.area === area).map(
      (rule) =>
        `| \`${rule.id}\` | ${rule.section} | ${rule.level} | ${rule.targets.join(", ")} | ${cell(rule.title)} | ${exchange(rule)} | ${planted(rule)} |`,
    );
    return `## ${area[0]!.toUpperCase()}${area.slice(1)}\n\n| rule | section | level | target | what | exchange | planted defect |\n|---|---|---|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  const tolerated = [
    ...Object.entries(VIOLATIONS)
      .filter(([, row]) => row.tolerated === true)
      .map(([kind, row]) => `| \`${kind}\` | ${row.section} | letting pass ${row.title} |`),
    ...Object.entries(HANDSHAKE_PROBLEMS)
      .filter(([, row]) => row.tolerated === true)
      .map(([kind, row]) => `| \`${kind}\` | ${row.section} | accepting a request in which ${row.title} |`),
    "| `refusal-without-response` | RFC 6455 §4.2.1 | refusing a request by closing TCP without an HTTP response |",
  ];
  return `# Rules of ws-fuzz

${RULES.length} rules, each with the exchange that shows whether a target keeps it. A deviation from a MUST is a **fail**; from a SHOULD, or a known leniency, a **warn**.
Every rule is broken on purpose by a planted defect in the tests, or says why not. This page is written from the table in \`packages/fuzz/src/rules\` and compared with it by a test.

The exchange is what the fuzzer does behind a plain opening handshake; unless it says otherwise, it then waits for everything that is due and makes a closing handshake.

## Tolerated

With \`--profile lenient\` these pass; by default they are warnings.

| kind | section | what |
|---|---|---|
${tolerated.join("\n")}

${parts.join("\n")}`;
}

export function autobahnDocument(): string {
  const rows = AUTOBAHN_CASES.map((each) => {
    const rules = each.rules.map((id) => `\`${id}\``);
    return `| ${each.id} | ${each.title} | ${rules.length > 10 ? `${rules.slice(0, 3).join(", ")} … ${rules.length} rules` : rules.join(", ")} |`;
  });
  return `# Autobahn's cases and ours

The Autobahn Testsuite has ${AUTOBAHN_CASES.length} cases in ${AUTOBAHN_GROUPS.length} groups. This table says which of our rules look at the same thing, so that \`cases\` and \`exclude-cases\`
of an existing \`fuzzingclient.json\` or \`fuzzingserver.json\` keep their meaning, and what \`index.json\` (\`--autobahn-report\`) says about a case: the worst verdict of its rules,
\`pass\` as OK, \`warn\` as NON-STRICT, \`fail\` as FAILED, \`inconclusive\` as INFORMATIONAL, \`not-applicable\` as UNIMPLEMENTED. Exchanges are not copied: sizes above 1 MiB and
the timing of large messages (9.*) are not repeated here, and 12.* and 13.* are covered by rules about blocks, windows and context takeover instead of by volume.

Rules about the opening handshake, limits and resilience have no case there. This page is written from \`packages/fuzz/src/autobahn/groups.ts\` and compared with it by a test.

| case | about | rules |
|---|---|---|
${rows.join("\n")}
`;
}
