/** The option `lenient`: its page, and when it is read. What passes by which name is in the contract, and in the tests of @ws/protocol. */
import { readFileSync } from "node:fs";

import { acceptConnection, memoryTransportPair } from "@ws/endpoint";
import { openOptions, serverOptions } from "@ws/endpoint/internal";
import { expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { RawPeer, UPGRADE } from "./support/raw.ts";

const read = (page: string): string => readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), "utf8");
const page = read("leniencies");
const errors = read("errors");

test("docs/leniencies.md has each name with its roles, who needs it, and codes that name it in turn", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (yes|) ?\| (yes|) ?\| ([^|]+) \| ([^|]+) \|$/gm)].map((row) => row.slice(1) as string[]);
  const having = (index: number): string[] => rows.filter((row) => row[index] === "yes").map((row) => row[0]!);
  expect(having(1)).toEqual(Object.keys(serverOptions.lenient.names!));
  expect(having(2)).toEqual(Object.keys(openOptions.lenient.names!));
  expect([...page.matchAll(/^\| `(\w+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, name]) => name)).toEqual(rows.map(([name]) => name));
  for (const [name, , , , codes] of rows) {
    for (const [, code] of codes!.matchAll(/`(\w+)`/g)) {
      expect(errors.split("### ").find((section) => section.startsWith(`${code}\n`))).toContain(name);
    }
  }
  for (const [, name] of errors.matchAll(/lenient: \{ (\w+): true \}/g)) expect(rows.map(([known]) => known)).toContain(name);
});

test("the choice is made once: what a program does to its object later changes nothing", async () => {
  const { clock, host } = manualHost();
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(near);
  const lenient = { leadingEmptyLines: true };
  const accepted = acceptConnection(host, far, { lenient });
  lenient.leadingEmptyLines = false;
  peer.write(`\r\n${UPGRADE}`);
  await settle();
  expect(peer.takeText()).toMatch(/^HTTP\/1\.1 101 /);
  (await accepted).abort();
});
