/**
 * The built packages in hosts that have little or nothing: one file with a portable part of the vectors and properties, run as it is in
 * QuickJS and workerd, and in Chromium where CHROMIUM names one (CI).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bundles } from "../src/embedding/bundle.ts";
import type { Result } from "../src/embedding/check.ts";
import { runInChromium } from "../src/embedding/chromium.ts";
import { checks } from "../src/embedding/portable.ts";
import { runInQuickJS } from "../src/embedding/quickjs.ts";
import { startWorkerd, type Workerd } from "../src/embedding/workerd.ts";
import { makeCertificate } from "../src/parent.ts";

const folder = mkdtempSync(join(tmpdir(), "ws-embedding-"));
let workerd: Workerd | undefined;
afterAll(async () => {
  await workerd?.stop();
  rmSync(folder, { recursive: true });
});

const hosts: Record<string, () => Promise<Result[]>> = {
  QuickJS: async () => runInQuickJS((await bundles()).portable),
  workerd: async () => {
    workerd = await startWorkerd(await makeCertificate(), join(folder, "unused.sock"));
    return (await (await fetch(`http://127.0.0.1:${workerd.ports.portable}/`)).json()) as Result[];
  },
};
const chromium = process.env["CHROMIUM"];
if (chromium) hosts["Chromium"] = async () => runInChromium(chromium, (await bundles()).portable);

describe.each(Object.entries(hosts))("embedded in %s", (_host, run) => {
  let results: Result[] = [];
  beforeAll(async () => {
    results = await run();
  });

  test("every check was run", () => {
    expect(results.map(({ name }) => name)).toEqual(checks.map(({ name }) => name));
  });

  test.each(checks.map(({ name }) => name))("%s", (name) => {
    expect(results.find((result) => result.name === name)).toMatchObject({ ok: true, message: "" });
  });
});

test("a check that fails is seen from outside", async () => {
  const broken = (await bundles()).portable.replaceAll("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const failed = (await runInQuickJS(broken, "handshake")).filter(({ ok }) => !ok);
  expect(failed.length).toBeGreaterThan(1);
  expect(failed[0]!.message).toContain("expected");
});
