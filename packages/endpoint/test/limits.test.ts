/**
 * Memory under attack: each way in which a peer can make us hold something, with its bound. docs/limits.md is written from the same rows: when they have
 * changed, `npx vitest run --project endpoint limits -u`.
 */
import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { carryOut } from "./attacks/carry-out.ts";
import { clients } from "./attacks/clients.ts";
import { messages } from "./attacks/messages.ts";
import { openings, sockets } from "./attacks/openings.ts";
import { page } from "./attacks/page.ts";
import { requests } from "./attacks/requests.ts";
import { sendings } from "./attacks/sending.ts";

const attacks = [
  ["Before there is a connection", openings],
  ["What a connection receives", messages],
  ["What it has to send", sendings],
  ["Ordinary HTTP, with `fetch`", requests],
  ["Servers against a client", clients],
] as const;

test("docs/limits.md has these rows", async () => {
  const [first, ...others] = attacks;
  const parts = [first, ["Before there is a stream of bytes", sockets], ...others] as const;
  await expect(page(parts)).toMatchFileSnapshot("../../../docs/limits.md");
});

test("what only a runtime's sockets can do is shown by cases of the contract", () => {
  const folder = new URL("../../contract/src/cases/", import.meta.url);
  const cases = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
  for (const { shownBy } of sockets) expect(cases.filter((source) => source.includes(`local("${shownBy}"`))).toHaveLength(1);
});

describe.each(attacks)("%s", (_title, rows) => {
  test.each(rows.map((row) => [row.what, row] as const))("a peer that %s", (_what, row) => carryOut(row));
});
