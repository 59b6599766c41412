import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { draw, render } from "../scripts/states.ts";
import { PHASES } from "../../endpoint/src/driver/phase.ts";
import { RECEIVING, SENDING, TRANSPORT } from "../src/connection/state.ts";

const page = readFileSync(new URL("../../../docs/connection-states.md", import.meta.url), "utf8");

it("docs/connection-states.md draws the tables as they are", () => {
  expect(render(page)).toBe(page);
});

it("has an arrow for each transition, and explains each trigger", () => {
  for (const half of [SENDING, RECEIVING, TRANSPORT, PHASES] as Readonly<Record<string, Readonly<Record<string, string>>>>[]) {
    const drawing = draw(half);
    expect(page).toContain(drawing);
    for (const [state, row] of Object.entries(half)) {
      for (const [trigger, next] of Object.entries(row)) {
        expect(drawing).toMatch(new RegExp(`^ *${state} --> ${next}: .*\\b${trigger}\\b`, "m"));
        expect(page).toContain(`| \`${trigger}\` |`);
      }
    }
  }
});
