/** The page in a real browser. Where Chromium is not installed these tests are skipped; CHROMIUM names it if it lies elsewhere. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { connect, listen } from "@ws/node";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { buildPage } from "../../page.build.ts";
import { type InspectorOptions, startInspector } from "../../src/cli/inspector.ts";
import type { ExportedLog } from "../../src/export/json.ts";
import { frame, REQUEST, RESPONSE } from "../feed.ts";
import { client, collect, rawTarget } from "../proxy.ts";
import { deadline } from "../../../contract/src/patience.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const installed = existsSync(executablePath);

/** ms that Playwright waits for anything: nearly as long as a test may take, so that its message is the one that is seen. */
const WAIT = deadline(100_000);

describe.skipIf(!installed)(
  installed ? "the page" : `the page (skipped: there is no Chromium at ${executablePath}, and CHROMIUM names none)`,
  () => {
    let browser: Browser;
    let html: string;

    beforeAll(async () => {
      html = await buildPage();
      browser = await chromium.launch({
        executablePath,
        timeout: WAIT,
        args: [
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run",
        ],
      });
    });
    afterAll(() => browser.close());

    /** An echo server of ours, an inspector in front of it, and its page. */
    async function open(
      options: Partial<InspectorOptions> & { deflate?: boolean; width?: number; height?: number; colorScheme?: "light" | "dark" } = {},
    ): Promise<{ page: Page; port: number }> {
      let { targets } = options;
      if (targets === undefined) {
        const echo = await listen(
          { port: 0, compress: options.deflate === true && { threshold: 0 } },
          { message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined) },
        );
        onTestFinished(() => echo.close({ timeout: 100 }));
        targets = [`ws://127.0.0.1:${String(echo.port)}`];
      }
      const inspector = await startInspector({ ...options, page: html, targets });
      onTestFinished(() => inspector.close());
      const context = await browser.newContext({
        viewport: { width: options.width ?? 1400, height: options.height ?? 850 },
        colorScheme: options.colorScheme ?? "light",
        acceptDownloads: true,
      });
      onTestFinished(() => context.close());
      context.setDefaultTimeout(WAIT);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (!request.url().startsWith(inspector.url) && !/^(blob|data):/.test(request.url()))
          complaints.push(`It asked for ${request.url()}`);
      });
      onTestFinished(() => {
        expect(complaints).toEqual([]);
      });
      await page.goto(inspector.url);
      await page.locator('#feed[data-state="live"]').waitFor();
      return { page, port: inspector.port };
    }

    async function connectPanel(page: Page): Promise<void> {
      await page.getByRole("button", { name: "Connect", exact: true }).first().click();
      await page.locator("#panel-state").getByText("connected", { exact: true }).waitFor();
    }

    /** The time line's rows as `kind · bits · length · content`. */
    function rows(page: Page): Promise<string[]> {
      return page
        .locator("#timeline .entry")
        .evaluateAll((all) =>
          all.map((row) =>
            [".kind", ".bits", ".length", ".content"].map((part) => row.querySelector(part)?.textContent.trim() ?? "").join(" · "),
          ),
        );
    }

    async function rowsUntil(page: Page, count: number): Promise<string[]> {
      await page.waitForFunction((wanted) => document.querySelectorAll("#timeline .entry").length >= wanted, count);
      return rows(page);
    }

    test("connects, sends text, emoji, binary and 64 KiB, and shows the right frames; closes with a code", async () => {
      const { page } = await open();
      await connectPanel(page);
      await page.getByLabel("Message", { exact: true }).fill("Hello");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("button", { name: "Emoji" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("radio", { name: "Binary (hex)" }).check();
      await page.getByLabel("Message", { exact: true }).fill("00 ff 7f");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("button", { name: "64 KiB binary" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("button", { name: "64 KiB text" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await rowsUntil(page, 13);
      await page.getByLabel("Close code").fill("4321");
      await page.getByLabel("Reason").fill("enough");
      await page.getByRole("button", { name: "Close", exact: true }).click();
      await page.getByText("Closed with 4321 Private code").waitFor();
      const shown = await rowsUntil(page, 16);
      const emoji = "#1Grüße, 世界! 👋🏽 👩‍👩‍👧‍👦 🏳️‍🌈";
      expect(shown.slice(0, 15)).toEqual([
        "request ·  ·  · #1GET / HTTP/1.1",
        expect.stringMatching(/^tcp · {2}· {2}· #1Connected to ws:\/\/127\.0\.0\.1:\d+\.$/),
        "response ·  ·  · #1HTTP/1.1 101 Switching Protocols · accept matches the key",
        "text · FINMASK · 5 B · #1Hello",
        "text · FIN · 5 B · #1Hello",
        `text · FINMASK · 66 B · ${emoji}`,
        `text · FIN · 66 B · ${emoji}`,
        "binary · FINMASK · 3 B · #100 ff 7f",
        "binary · FIN · 3 B · #100 ff 7f",
        expect.stringMatching(/^binary · FINMASK · 64 KiB · #100 01 02 03/),
        expect.stringMatching(/^binary · FIN · 64 KiB · #100 01 02 03/),
        expect.stringMatching(/^text · FINMASK · 64 KiB · #10123456789abcdef/),
        expect.stringMatching(/^text · FIN · 64 KiB · #10123456789abcdef/),
        "close · FINMASK · 8 B · #14321 Private code “enough”",
        expect.stringMatching(/^close · FIN · \d B · #14321 Private code/),
      ]);
      await expect.poll(() => page.locator(".conversation").nth(1).textContent()).toMatch(/4321 Private code · 12 frames/);
    });

    test("explains the key and the accept, and every bit of a header", async () => {
      const { page } = await open();
      await connectPanel(page);
      await page.getByRole("button", { name: "64 KiB binary" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await rowsUntil(page, 5);
      const details = page.locator("#details");
      await page.locator(".entry", { hasText: "101 Switching" }).click();
      await details.getByText("✓ The accept belongs to the key").waitFor();
      const [key, withGuid, expected, received] = await details.locator(".proof dd").allTextContents();
      expect(withGuid).toBe(`${key!}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      expect(received).toBe(expected);
      await page.locator(".entry", { hasText: "GET /" }).click();
      await details.getByText("Sixteen random octets in base64").waitFor();
      await expect.poll(() => details.locator(".lines code").first().textContent()).toBe("GET / HTTP/1.1");

      await page.locator(".entry.client .kind.data").click();
      await expect.poll(() => details.locator("h2").textContent()).toMatch(/Binary frame$/);
      // All of the details are drawn at once, so from here on what is read is the frame's.
      const octets = await details.locator(".octet .value").allTextContents();
      expect(octets.slice(0, 10).join(" ")).toBe("82 ff 00 00 00 00 00 01 00 00");
      expect((await details.locator(".octet .eight").allTextContents()).slice(0, 2)).toEqual(["10000010", "11111111"]);
      const fields = await details
        .locator(".fields tbody tr")
        .evaluateAll((all) => all.map((row) => [...row.children].slice(0, 2).map((cell) => cell.textContent)));
      expect(fields).toEqual([
        ["FIN", "1"],
        ["RSV1–3", "0 0 0"],
        ["Opcode", "0x2 binary"],
        ["MASK", "1"],
        ["Payload length", "65,536"],
        ["Masking key", octets.slice(10).join(" ")],
      ]);
      await expect.poll(() => details.getByText("the length follows in 64 bits").count()).toBe(1);
      await expect.poll(() => details.locator("pre").textContent()).toMatch(/^0{5} {2}00 01 02 03/);
      await details.getByRole("button", { name: "Masked" }).click();
      const mask = octets.slice(10).map((octet) => Number.parseInt(octet, 16));
      const masked = [0, 1, 2, 3].map((octet) => (octet ^ mask[octet]!).toString(16).padStart(2, "0")).join(" ");
      await expect.poll(() => details.locator("pre").textContent()).toMatch(new RegExp(`^00000 {2}${masked}`));
    });

    test("names the rule that is broken, and its section", async () => {
      const target = await rawTarget();
      const { page, port } = await open({ targets: [target.url] });
      const near = client(port);
      near.write(REQUEST);
      const far = await target.accepted();
      far.write(Buffer.concat([RESPONSE, frame(1, "masked", { key: 7 })]));
      near.write(frame(1, "bare"));
      await rowsUntil(page, 5);
      await page.getByLabel("Kinds of entries").selectOption("Problems");
      await page.getByText(/^2 entries of/).waitFor();
      await expect
        .poll(async () => (await rows(page)).map((row) => row.split(" · ")[3]).sort())
        .toEqual(["#1RFC 6455 §5.1: a frame from a client is not masked bare", "#1RFC 6455 §5.1: a frame from a server is masked masked"]);
      await page.locator(".entry.client").click();
      const link = page.locator("#details").getByRole("link", { name: "RFC 6455 §5.1" });
      expect(await link.getAttribute("href")).toBe("https://www.rfc-editor.org/rfc/rfc6455#section-5.1");
      await expect.poll(() => page.locator("#details code").first().textContent()).toBe("MASK_MISSING");
    });

    test("shows a compressed message compressed and inflated", async () => {
      const { page } = await open({ deflate: true });
      await connectPanel(page);
      await page.getByRole("button", { name: "64 KiB text" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await rowsUntil(page, 5);
      await page.locator(".entry.client .kind.data").click();
      const details = page.locator("#details");
      await details.getByText("the message has 64 KiB inflated").waitFor();
      await expect.poll(() => details.locator("pre").textContent()).toMatch(/^0123456789abcdef/);
      await details.getByRole("button", { name: "Compressed" }).click();
      await expect.poll(() => details.locator("pre").textContent()).toMatch(/^00000 {2}/);
      await expect.poll(() => details.locator("[data-field=rsv] .value").textContent()).toBe("1 0 0");
    });

    test("shows both values of what --rewrite-host changed", async () => {
      const echo = await listen({ port: 0 }, { message: () => undefined });
      onTestFinished(() => echo.close({ timeout: 100 }));
      const { page, port } = await open({ targets: [`ws://127.0.0.1:${String(echo.port)}`], rewriteHost: true });
      await connectPanel(page);
      await page.locator(".entry", { hasText: "GET /" }).click();
      const line = page.locator("#details li", { hasText: /^Host:/ });
      await expect.poll(() => line.locator("code").first().textContent()).toBe(`Host: 127.0.0.1:${String(port)}`);
      await expect
        .poll(() => line.locator(".rewritten").textContent())
        .toBe(`Forwarded as 127.0.0.1:${String(echo.port)} (--rewrite-host)`);
    });

    test("one of several targets is chosen in the page", async () => {
      const [first, second] = [await rawTarget(), await rawTarget()];
      const { page, port } = await open({ targets: [`a=${first.url}`, `b=${second.url}`] });
      await page.getByLabel("Target").selectOption(`b: ${second.url}`);
      // The inspector has confirmed it once a second page says so.
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.waitForFunction(() => document.querySelector<HTMLSelectElement>("#target")?.value === "1");
      client(port).write(REQUEST);
      expect((await collect(await second.accepted()).until(REQUEST.length)).length).toBe(REQUEST.length);
    });

    test("explains what a browser's script may not send", async () => {
      const { page } = await open();
      await connectPanel(page);
      await page.getByLabel("Close code").fill("1002");
      await page.getByRole("button", { name: "Close", exact: true }).click();
      await page.getByText("may close with 1000 or 3000 to 4999 only").waitFor();
      await page.getByRole("radio", { name: "Binary (hex)" }).check();
      await page.getByLabel("Message", { exact: true }).fill("4x");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("Binary is written as pairs of hex digits").waitFor();
      expect((await rows(page)).some((row) => row.startsWith("binary"))).toBe(false);
    });

    test("filters, pauses and clears", async () => {
      const { page } = await open();
      await connectPanel(page);
      const send = async (text: string): Promise<void> => {
        await page.getByLabel("Message", { exact: true }).fill(text);
        await page.getByRole("button", { name: "Send" }).click();
      };
      await send("needle");
      await send("hay");
      await rowsUntil(page, 7);
      await page.getByLabel("Filter").fill("NEEDLE");
      await page.getByText("2 entries of 7").waitFor();
      await page.getByLabel("Direction").selectOption("From the target");
      await page.getByText("1 entry of 7").waitFor();
      await expect.poll(() => rows(page)).toEqual(["text · FIN · 6 B · #1needle"]);
      await page.getByLabel("Direction").selectOption("Both directions");
      await page.getByLabel("Filter").fill("");
      await page.getByRole("button", { name: "Pause" }).click();
      await send("while paused");
      await page.getByText("paused, 2 new entries").waitFor();
      expect(await rows(page)).toHaveLength(7);
      await page.getByRole("button", { name: "Resume" }).click();
      await expect.poll(async () => (await rows(page)).at(8)).toContain("while paused");
      await page.getByRole("button", { name: "Clear" }).click();
      await page.getByText("0 entries").waitFor();
      // It is forgotten for good, also for the next page, but what goes on is seen.
      await page.reload();
      await page.locator('#feed[data-state="live"]').waitFor();
      // Reloading has closed the panel's connection.
      await page.locator(".entry", { hasText: "1001 Going Away" }).first().waitFor();
      expect((await rows(page)).filter((row) => row.startsWith("text"))).toEqual([]);
    });

    test("works by keyboard alone", async () => {
      const { page } = await open();
      const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? "");
      const tabTo = async (id: string): Promise<void> => {
        for (let presses = 0; presses < 40 && (await focused()) !== id; presses += 1) await page.keyboard.press("Tab");
        await expect.poll(focused).toBe(id);
      };
      await tabTo("connect");
      await page.keyboard.press("Enter");
      await page.locator("#panel-state").getByText("connected", { exact: true }).waitFor();
      await expect.poll(focused).toBe("message");
      await page.keyboard.press("Control+A");
      await page.keyboard.type("by keyboard");
      await page.keyboard.press("Control+Enter");
      await rowsUntil(page, 5);
      await tabTo("timeline");
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await expect.poll(() => page.locator('#timeline [aria-selected="true"] .kind').textContent()).toBe("response");
      await expect
        .poll(() => page.locator("#timeline").getAttribute("aria-activedescendant"))
        .toBe(await page.locator('#timeline [aria-selected="true"]').getAttribute("id"));
      await page.keyboard.press("End");
      await expect.poll(() => page.locator("#details h2").textContent()).toMatch(/Text frame$/);
      await page.keyboard.press("p");
      await expect.poll(() => page.locator("#pause").getAttribute("aria-pressed")).toBe("true");
      await page.keyboard.press("p");
      await expect.poll(() => page.locator("#pause").getAttribute("aria-pressed")).toBe("false");
      await page.keyboard.press("/");
      await expect.poll(focused).toBe("query");
      await page.keyboard.type("keyboard");
      await page.getByText("2 entries of 5").waitFor();
      await page.keyboard.press("Enter");
      await expect.poll(focused).toBe("timeline");
      await page.keyboard.press("Tab");
      await expect.poll(focused).toBe("details");
    });

    test("exports what it shows as JSON and as pcapng", async () => {
      const { page } = await open();
      await connectPanel(page);
      await page.getByRole("button", { name: "Emoji" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await rowsUntil(page, 5);
      const save = async (name: string): Promise<{ name: string; bytes: Buffer }> => {
        const download = page.waitForEvent("download");
        await page.getByText("Export", { exact: true }).click();
        await page.getByRole("button", { name }).click();
        const file = await download;
        return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
      };
      const json = await save("JSON");
      expect(json.name).toMatch(/^websocket-.*\.json$/);
      const log = JSON.parse(json.bytes.toString()) as ExportedLog;
      expect(log.conversations[0]?.entries.map(({ kind, text }) => [kind, text]).slice(-2)).toEqual([
        ["frame", "Grüße, 世界! 👋🏽 👩‍👩‍👧‍👦 🏳️‍🌈"],
        ["frame", "Grüße, 世界! 👋🏽 👩‍👩‍👧‍👦 🏳️‍🌈"],
      ]);
      const pcapng = await save("pcapng");
      expect(pcapng.name).toMatch(/^websocket-.*\.pcapng$/);
      expect(pcapng.bytes.subarray(0, 4).toString("hex")).toBe("0a0d0d0a");
      expect(pcapng.bytes.includes("Sec-WebSocket-Key")).toBe(true);
    });

    test("a huge conversation kills neither the browser nor the inspector", async () => {
      const { page, port } = await open();
      const connection = await connect(`ws://127.0.0.1:${String(port)}`);
      void (async () => {
        for await (const message of connection) void message;
      })();
      for (let index = 0; index < 60_000; index += 1) if (connection.send(String(index)) === "full") await connection.ready;
      const large = new Uint8Array(8 << 20);
      for (let index = 0; index < 4; index += 1) {
        connection.send(large);
        await connection.ready;
      }
      connection.send("the last");
      await page.locator(".entry.target .content", { hasText: "the last" }).waitFor();
      // Far fewer rows are drawn than there are.
      await expect.poll(() => page.locator(".entry").count()).toBeLessThan(80);
      await expect.poll(() => page.locator("#count").textContent()).toMatch(/dropped|entries/);
      await page.getByLabel("Filter").fill("the last");
      await page.getByText(/^2 entries of/).waitFor();
      const entries = Number((await page.locator("#count").textContent())!.match(/of ([\d,]+)/)![1]!.replaceAll(",", ""));
      expect(entries).toBeLessThanOrEqual(50_000);
      connection.close();
    });

    describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
      test("text has enough contrast (WCAG 1.4.3) and every control a name (4.1.2)", async () => {
        const { page } = await open({ colorScheme });
        await connectPanel(page);
        await page.getByRole("button", { name: "Send" }).click();
        await rowsUntil(page, 5);
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        expect(luminance(background) < 0.2).toBe(colorScheme === "dark");
        for (const row of [".entry.client .kind.data", ".entry .kind.head"]) {
          await page.locator(row).first().click();
          await page.locator("#details h2").waitFor();
          expect(await poorContrasts(page)).toEqual([]);
        }
        const session = await page.context().newCDPSession(page);
        const { nodes } = await session.send("Accessibility.getFullAXTree");
        const controls = nodes.filter(
          ({ ignored, role }) =>
            !ignored && ["button", "textbox", "combobox", "listbox", "radio", "link", "searchbox", "option"].includes(String(role?.value)),
        );
        expect(controls.length).toBeGreaterThan(25);
        expect(controls.filter(({ name }) => String(name?.value ?? "").trim() === "").map(({ role }) => role?.value)).toEqual([]);
      });

      test.each(colorScheme === "light" ? [320, 390, 760, 1024] : [320, 1024])("fits on a screen of %i pixels", async (width) => {
        const { page } = await open({ colorScheme, width, height: 720 });
        const fits = async (): Promise<void> => {
          await expect
            .poll(() =>
              page.evaluate(() => [
                document.documentElement.scrollWidth <= innerWidth,
                document.documentElement.scrollHeight <= innerHeight,
              ]),
            )
            .toEqual([true, true]);
        };
        const show = async (name: string): Promise<void> => {
          if (width <= 760) await page.getByRole("navigation").getByRole("button", { name }).click();
          await fits();
        };
        await show("Connect");
        await page.locator("#connect").click();
        await page.locator("#send-form").waitFor();
        await page.getByRole("button", { name: "64 KiB binary" }).click();
        await page.getByRole("button", { name: "Send" }).click();
        await show("Time line");
        await rowsUntil(page, 5);
        await page.locator(".entry.client .kind.data").click();
        // A narrow screen shows the details at once.
        await page.locator("#details .octets").waitFor();
        await expect.poll(() => page.locator("#details").isVisible()).toBe(true);
        await fits();
        await expect.poll(() => page.locator("#details").evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(false);
        await show("Time line");
      });
    });

    test("the chosen theme is kept", async () => {
      const { page } = await open({ colorScheme: "light" });
      await page.getByRole("button", { name: "Theme: system" }).click();
      await page.getByRole("button", { name: "Theme: light" }).click();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      await page.reload();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      await expect
        .poll(async () => luminance(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)))
        .toBeLessThan(0.2);
    });

    test("says when the inspector is gone, and reconnects to its successor", async () => {
      const echo = await listen({ port: 0 }, { message: () => undefined });
      onTestFinished(() => echo.close({ timeout: 100 }));
      const targets = [`ws://127.0.0.1:${String(echo.port)}`];
      const first = await startInspector({ page: html, targets });
      const page = await browser.newPage();
      page.setDefaultTimeout(WAIT);
      onTestFinished(() => page.close());
      await page.goto(first.url);
      await page.locator('#feed[data-state="live"]').waitFor();
      await first.close();
      await page.getByText("The inspector does not answer").waitFor();
      const second = await startInspector({ page: html, targets, port: first.port });
      onTestFinished(() => second.close());
      await page.locator('#feed[data-state="live"]').waitFor();
    });
  },
);

/** Relative luminance (WCAG 2.2) of a CSS colour as Chromium writes it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => Number(part) / (color.startsWith("rgb") ? 255 : 1));
  const linear = (channel: number): number => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Visible texts whose colour differs too little from what lies behind them. */
function poorContrasts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    /** Layers painted over one another, as the browser itself mixes them. */
    const paint = (layers: string[]): number => {
      context.clearRect(0, 0, 1, 1);
      for (const layer of layers) {
        context.fillStyle = layer;
        context.fillRect(0, 0, 1, 1);
      }
      const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((channel) => {
        const value = channel / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const poor: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement!;
      if (node.textContent!.trim() === "" || element.closest("style, script, .hidden, option") !== null || !element.checkVisibility())
        continue;
      const backgrounds: string[] = [];
      for (let each: Element | null = element; each !== null; each = each.parentElement)
        backgrounds.unshift(getComputedStyle(each).backgroundColor);
      const behind = paint(["white", ...backgrounds]);
      const text = paint(["white", ...backgrounds, getComputedStyle(element).color]);
      const ratio = (Math.max(behind, text) + 0.05) / (Math.min(behind, text) + 0.05);
      if (ratio < 4.5) poor.push(`${element.className || element.tagName} ${node.textContent!.trim().slice(0, 20)}: ${ratio.toFixed(2)}`);
    }
    return poor;
  });
}
