/** The page: one HTML file with everything in it, made by the build (`page.build.ts`). */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Beside the built program; in the sources, in `dist/` all the same. */
const file = new URL(import.meta.url.endsWith(".ts") ? "../../dist/page.html" : "./page.html", import.meta.url);

export async function loadPage(): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error("The page has not been built. Build the package first (npm run build).", { cause: error });
  }
}

/** Nothing but the page's own style and script, and the connections that its panel opens. */
export function contentSecurityPolicy(page: string): string {
  const hashes = (element: string): string =>
    [...page.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, "g"))]
      .map(([, text]) => `'sha256-${createHash("sha256").update(text!).digest("base64")}'`)
      .join(" ");
  return [
    "default-src 'none'",
    `script-src ${hashes("script")}`,
    `style-src ${hashes("style")}`,
    "img-src data:",
    "connect-src 'self' ws: wss:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
