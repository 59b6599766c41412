// Draws the tables of packages/protocol/src/connection/state.ts, and that of the driver, into docs/connection-states.md.
//
//   node packages/protocol/scripts/states.ts           writes
//   node packages/protocol/scripts/states.ts --check   fails when the page is not what the tables say

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { PHASES } from "../../endpoint/src/driver/phase.ts";
import { RECEIVING, SENDING, TRANSPORT } from "../src/connection/state.ts";

type Transitions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const page = new URL("../../../docs/connection-states.md", import.meta.url);
const BEGIN = "<!-- states: written by packages/protocol/scripts/states.ts -->";
const END = "<!-- end of states -->";

/** One half as a mermaid diagram: triggers that lead the same way share an arrow. */
export function draw(transitions: Transitions): string {
  const lines: string[] = ["```mermaid", "stateDiagram-v2", "  direction LR", `  [*] --> ${Object.keys(transitions)[0]}`];
  for (const [state, row] of Object.entries(transitions)) {
    const triggers = new Map<string, string[]>();
    for (const [trigger, next] of Object.entries(row)) triggers.set(next, [...(triggers.get(next) ?? []), trigger]);
    for (const [next, names] of triggers) lines.push(`  ${state} --> ${next}: ${names.join(", ")}`);
  }
  return [...lines, "```"].join("\n");
}

/** The page with its drawings replaced. */
export function render(document: string): string {
  const halves: [title: string, transitions: Transitions][] = [
    ["What this endpoint sends", SENDING],
    ["What it receives", RECEIVING],
    ["The transport", TRANSPORT],
    ["The driver's phases", PHASES as Transitions],
  ];
  const drawings = halves.map(([title, transitions]) => `## ${title}\n\n${draw(transitions)}`).join("\n\n");
  return `${document.slice(0, document.indexOf(BEGIN))}${BEGIN}\n\n${drawings}\n\n${document.slice(document.indexOf(END))}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = readFileSync(page, "utf8");
  const after = render(before);
  if (!process.argv.includes("--check")) writeFileSync(page, after);
  else if (after !== before) {
    console.error("docs/connection-states.md is out of date: run node packages/protocol/scripts/states.ts");
    process.exitCode = 1;
  }
}
