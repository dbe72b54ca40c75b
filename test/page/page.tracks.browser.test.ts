// Lanes beside the nodes as a person meets them, in a real browser. Skipped where there is none.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePage } from "#reports/page/index.js";
import type { Recording } from "#reports/recording/index.js";
import { chromiumPath, launch, listen } from "./chromium.js";
import { AT_TRACKS, coloursOf, DRAWN, FIND_TRACK, FITS, type Found } from "./in-page.js";
import { recordFailure } from "./stale-reads.js";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

describe.skipIf(chromiumPath() === undefined)("the tracks on the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "seedstorm-tracks-"));
  const path = join(folder, "page.html");
  let recording: Recording;
  let browser: Browser;

  beforeAll(async () => {
    recording = await recordFailure();
    writePage(path, recording, { command: "npx seedstorm replay stale-reads", version: "1.2.3" });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function withPage(
    viewport: typeof WIDE,
    colorScheme: "light" | "dark",
    use: (page: Page) => Promise<void>,
  ): Promise<void> {
    const page = await browser.newPage({ viewport, colorScheme });
    page.setDefaultTimeout(10_000);
    const { errors } = listen(page);
    await page.goto(`file://${path}`);
    await page.waitForSelector("html[data-ready]");
    await page.evaluate(DRAWN);
    await use(page);
    expect(errors).toEqual([]);
    await page.close();
  }

  for (const [viewport, colorScheme] of [
    [WIDE, "light"],
    [WIDE, "dark"],
    [NARROW, "light"],
    [NARROW, "dark"],
  ] as const) {
    it(`are drawn at ${viewport.width} pixels, ${colorScheme}, and tell what is pointed at`, () =>
      withPage(viewport, colorScheme, async (page) => {
        await page.click("#diagram >> text='All'");
        await page.evaluate(DRAWN);
        expect(await page.evaluate(FITS)).toBe(true);
        expect(await page.evaluate(coloursOf("#tracks"))).toBeGreaterThan(6);
        const found = (await page.evaluate<Found | undefined>(FIND_TRACK))!;
        expect(found.title).toMatch(/^k\d (?:latest|n\d): write \d+$/);
        await page.mouse.click(found.x, found.y);
        expect(await page.textContent("#details h3")).toBe(found.title);
        expect(await page.textContent("#selected")).toContain(found.title);
        expect(await page.textContent("#details")).toMatch(/k\d at \d.*n1 write \d+; writes \d+/s);
        const event = page.locator("#details dd button.link").first();
        await event.click();
        expect(await page.textContent("#details dl")).toContain("process");
      }));
  }

  it("are gone through by keyboard, of all or of one", () =>
    withPage(WIDE, "light", async (page) => {
      await page.focus("#tracks");
      await page.keyboard.press("0");
      await page.keyboard.press("Escape");
      const title = () => page.textContent("#details h3");
      const seen: string[] = [];
      for (let i = 0; i < 4; i++) {
        await page.keyboard.press("n");
        seen.push((await title())!);
      }
      expect(new Set(seen).size).toBe(4);
      await page.keyboard.press("p");
      expect(await title()).toBe(seen[2]);
      const track = seen[2]!.split(":")[0]!;
      await page.keyboard.press("ArrowDown");
      expect((await title())!.startsWith(`${track}:`)).toBe(true);
      expect(await title()).not.toBe(seen[2]);
      await page.keyboard.press("ArrowUp");
      expect(await title()).toBe(seen[2]);
      await page.keyboard.press("c");
      expect(await page.textContent("#details dl")).toContain("process");
    }));

  it("open group by group, and are of the key that is chosen", () =>
    withPage(WIDE, "dark", async (page) => {
      const height = async (): Promise<number> => (await page.locator("#tracks").boundingBox())!.height;
      const { key } = recording.operations.find(({ id }) => recording.violation!.operations.includes(id))!;
      const other = key === "k0" ? "k1" : "k0";
      const first = await height();
      await page.click("summary:text('Tracks')");
      expect(await page.isChecked(`.menu label:has-text("${key}") input`)).toBe(true);
      await page.click(`.menu >> text='${other}'`);
      await expect.poll(height).toBeGreaterThan(first);
      const both = await height();
      await page.click(`.menu >> text='${key}'`);
      await expect.poll(height).toBe(first);
      await page.click(`.menu >> text='${key}'`);
      await expect.poll(height).toBe(both);
      await page.selectOption("#filter-key", key!);
      await expect.poll(height).toBeLessThan(first);
      await page.click("#filter-reset");
      await expect.poll(height).toBe(both);
      await page.click("summary:text('Nodes')");
      await page.click(".menu >> text='n3'");
      await expect.poll(height).toBeLessThan(both);
    }));

  it("are told in a table, which follows the view and the filters", () =>
    withPage(NARROW, "light", async (page) => {
      const rows = page.locator("#panel-tracks tbody tr");
      await page.click("#tab-tracks");
      await page.click("#diagram >> text='All'");
      await expect.poll(() => rows.count()).toBe(Math.min(400, recording.tracks.changes.length));
      await page.selectOption("#filter-key", "k1");
      const ofKey = recording.tracks.changes.filter(
        ({ track }) => recording.tracks.names[track]!.group === "k1",
      );
      await expect.poll(() => rows.count()).toBe(ofKey.length);
      await rows.first().click();
      expect(await page.textContent("#details h3")).toMatch(/^k1 /);
      await page.fill("#filter-text", "onerror");
      const broke = page.locator("#panel-timeline tbody tr.bad");
      expect(await broke.count()).toBe(0);
      await page.selectOption("#filter-key", "");
      expect(await broke.count()).toBe(1);
      expect(await page.evaluate(FITS)).toBe(true);
    }));

  it("pan and zoom with the diagram", () =>
    withPage(WIDE, "light", async (page) => {
      await page.click("#tab-events");
      await page.evaluate(AT_TRACKS);
      const first = () => page.textContent("#panel-events tbody tr td");
      const before = await first();
      const box = (await page.locator("#tracks").boundingBox())!;
      await page.mouse.move(box.x + 400, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + 700, box.y + 40, { steps: 4 });
      await page.mouse.up();
      await expect.poll(first).not.toBe(before);
    }));
});
