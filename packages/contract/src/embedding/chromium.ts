/** Runs a module in Chromium. Runs on Node. */
import { chromium } from "playwright-core";

import type { Result } from "./check.ts";

export async function runInChromium(executablePath: string, module: string): Promise<Result[]> {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    // As text: a function would be changed by what transforms the tests.
    return await page.evaluate<Result[]>(
      `import(URL.createObjectURL(new Blob([${JSON.stringify(module)}], { type: "text/javascript" }))).then((portable) => portable.run())`,
    );
  } finally {
    await browser.close();
  }
}
