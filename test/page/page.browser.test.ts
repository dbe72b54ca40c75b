// The page as a person meets it, in a real browser. Skipped, and said so, where there is none.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePage } from "#reports/page/index.js";
import type { Recording } from "#reports/recording/index.js";
import { chromiumPath, launch, listen, type Noise } from "./chromium.js";
import { AT_CANVAS, coloursOf, DRAWN, FIND_NOTE, FIND_WRONG, FITS, IMAGES, type Found } from "./in-page.js";
import { HOSTILE, NOTE, recordFailure } from "./stale-reads.js";

const LOOKS = [
  { width: 1280, height: 900, colorScheme: "light" },
  { width: 1280, height: 900, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const;

const hasBrowser = chromiumPath() !== undefined;
if (!hasBrowser) console.log("no Chromium here (CHROMIUM_PATH names one): the tests of the page are skipped");

describe.skipIf(!hasBrowser)("the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "seedstorm-page-"));
  const path = join(folder, "page.html");
  let recording: Recording;
  let browser: Browser;

  beforeAll(async () => {
    recording = await recordFailure();
    const story = ["first this", undefined, HOSTILE];
    writePage(path, recording, {
      command: "npx seedstorm replay stale-reads --seed 4",
      version: "1.2.3",
      story,
    });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function withPage(
    look: (typeof LOOKS)[number],
    use: (page: Page, noise: Noise) => Promise<void>,
  ): Promise<void> {
    const { width, height, colorScheme } = look;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    page.setDefaultTimeout(10_000);
    const noise = listen(page);
    await page.goto(`file://${path}`);
    await page.waitForSelector("html[data-ready]");
    await page.evaluate(DRAWN);
    await use(page, noise);
    expect(noise.errors).toEqual([]);
    expect(noise.requests).toEqual([`file://${path}`]);
    await page.close();
  }

  for (const look of LOOKS) {
    it(`shows what broke at ${look.width} pixels, ${look.colorScheme}`, () =>
      withPage(look, async (page) => {
        expect(await page.textContent("h1")).toBe("stale-reads/linearizability");
        expect(await page.title()).toContain("stale-reads/linearizability");
        expect(await page.textContent("#command")).toBe("npx seedstorm replay stale-reads --seed 4");
        expect(await page.evaluate(FITS)).toBe(true);
        expect(await page.evaluate(coloursOf("#canvas"))).toBeGreaterThan(4);
        const wrong = await clickWrongOperation(page);
        expect(await page.textContent("#details h3")).toBe(wrong);
        expect(await page.textContent("#details .broke")).toContain("No order explains");
        expect(await page.textContent("#selected")).toContain("can't be right");
      }));
  }

  it("explains why nothing explains the answer", () =>
    withPage(LOOKS[0], async (page) => {
      const bars = await page.locator("#proof .bar").count();
      expect(bars).toBe(Math.min(6, recording.violation!.linearized.length) + 1);
      await page.click("#proof .bar:not(.wrong)");
      expect(await page.textContent("#details dl")).toContain(`of ${recording.violation!.linearized.length}`);
      await page.click("#proof .bar.wrong");
      expect(await page.textContent("#details .broke")).toContain("✗");
      for (const jump of ["header .wrong button", "header button:text('show it')"]) {
        await page.focus("#canvas");
        await page.keyboard.press("Escape");
        await page.click(jump);
        expect(await page.textContent("#details .broke")).toContain("✗");
      }
    }));

  it("filters by node, kind, key and text", () =>
    withPage(LOOKS[0], async (page) => {
      await page.click("#tab-operations");
      const all = await page.locator("#panel-operations tbody tr").count();
      expect(all).toBe(recording.operations.length);
      const top = async (): Promise<number> => (await page.locator("#canvas").boundingBox())!.y;
      const before = await top();
      await page.selectOption("#filter-key", "k1");
      expect(await top()).toBe(before);
      await page.click("#tab-events");
      await page.click("#diagram >> text='All'");
      const about = /"about":"k1"|"key":"k1"/;
      const named = recording.records.filter(({ type, message }) => {
        return type === "event" && about.test(JSON.stringify(recording.decode(message?.value)) ?? "");
      });
      await expect.poll(() => eventRows(page)).toBe(named.length);
      await page.click("#tab-operations");
      const ofKey = recording.operations.filter(({ key }) => key === "k1").length;
      expect(await page.locator("#panel-operations tbody tr").count()).toBe(ofKey);
      await page.click("#filter-reset");
      await page.click("#tab-events");
      await page.click("#diagram >> text='All'");
      await expect.poll(() => eventRows(page)).toBe(Math.min(400, recording.events));
      const height = (await page.locator("#canvas").boundingBox())!.height;
      await page.click("summary:text('Nodes')");
      await page.click(".menu >> text='n3'");
      await expect
        .poll(async () => (await page.locator("#canvas").boundingBox())!.height)
        .toBeLessThan(height);
      const without = recording.records.filter(({ type, node, message }) => {
        return type === "event" && node !== "n3" && !(node === "" && message?.to === "n3");
      });
      await expect.poll(() => eventRows(page)).toBe(without.length);
      await page.click("#filter-reset");
      await page.click("summary:text('Events')");
      await page.click(".menu >> text=/^ clock/");
      const noClock = recording.records.filter(
        ({ type, kind }) => type === "event" && !kind.startsWith("clock/"),
      );
      await expect.poll(() => eventRows(page)).toBe(noClock.length);
      await page.click("#filter-reset");
      await page.fill("#filter-text", "process/boot");
      const boots = recording.records.filter(({ kind }) => kind === "process/boot").length;
      await expect.poll(() => eventRows(page)).toBe(boots);
      await page.fill("#filter-text", "message-loss");
      const losses = recording.faults.filter(({ kind }) => kind === "message-loss").length;
      expect(await page.locator("#panel-faults tbody tr").count()).toBe(losses);
      await page.fill("#filter-text", NOTE);
      expect(await page.locator("#panel-timeline tbody tr").count()).toBe(1);
    }));

  it("zooms, pans and steps by keyboard", () =>
    withPage(LOOKS[2], async (page) => {
      await page.click("#tab-events");
      await page.focus("#canvas");
      await page.keyboard.press("0");
      await expect.poll(() => eventRows(page)).toBe(Math.min(400, recording.events));
      for (let i = 0; i < 5; i++) await page.keyboard.press("+");
      await expect.poll(() => eventRows(page)).toBeLessThan(recording.events / 2);
      const first = () => page.textContent("#panel-events tbody tr td");
      const before = await first();
      await page.keyboard.press("ArrowRight");
      await expect.poll(first).not.toBe(before);
      await page.keyboard.press("Escape");
      expect(await page.textContent("#selected")).toBe("Nothing is selected.");
      await page.keyboard.press("n");
      const chosen = await page.textContent("#selected");
      await page.keyboard.press("n");
      expect(await page.textContent("#selected")).not.toBe(chosen);
      await page.keyboard.press("p");
      expect(await page.textContent("#selected")).toBe(chosen);
      await page.keyboard.press("f");
      // The rows follow in their own time: on a machine that is busy they would be replaced under the focus.
      let last: string | null = null;
      const isAtRest = async (): Promise<boolean> => last === (last = await first());
      await expect.poll(isAtRest, { interval: 200 }).toBe(true);
      await page.locator("#panel-events tbody tr").first().focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const row = page.locator("#panel-events tbody tr").nth(1);
      const time = (await row.locator("td").first().textContent())!;
      await expect.poll(() => page.textContent("#details dl")).toContain(time);
    }));

  it("pans by dragging and zooms with the wheel", () =>
    withPage(LOOKS[0], async (page) => {
      await page.click("#tab-events");
      await page.evaluate(AT_CANVAS);
      const box = (await page.locator("#canvas").boundingBox())!;
      const first = () => page.textContent("#panel-events tbody tr td");
      const before = await first();
      await page.mouse.move(box.x + 400, box.y + 60);
      await page.mouse.down();
      await page.mouse.move(box.x + 700, box.y + 60, { steps: 4 });
      await page.mouse.up();
      await expect.poll(first).not.toBe(before);
      const count = await eventRows(page);
      const scrolled = await page.evaluate<number>("scrollY");
      await page.mouse.wheel(0, 40);
      await expect.poll(() => page.evaluate<number>("scrollY")).toBe(scrolled + 40);
      expect(await eventRows(page)).toBe(count);
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, 600);
      await page.keyboard.up("Control");
      await expect.poll(() => eventRows(page)).toBeGreaterThan(count);
      await page.click("#diagram >> text='All'");
      expect(await page.evaluate(FIND_NOTE)).toContain(NOTE);
    }));

  it("is whole on paper, without what can't be pressed there", () =>
    withPage(LOOKS[1], async (page) => {
      const rows = page.locator("#panel-operations [role=grid] tbody tr");
      expect(await rows.first().isVisible()).toBe(false);
      await page.emulateMedia({ media: "print" });
      expect(await rows.last().isVisible()).toBe(true);
      expect(await page.locator("#tab-faults").isVisible()).toBe(false);
      expect(await page.locator("#toolbar button").first().isVisible()).toBe(false);
      expect(await page.evaluate(FITS)).toBe(true);
    }));

  it("shows payloads, states and the faults behind what was lost, and sorts the ledger", () =>
    withPage(LOOKS[0], async (page) => {
      await page.click("#tab-faults");
      expect(await page.locator("#panel-faults tbody tr").count()).toBe(recording.faults.length);
      await page.click("#panel-faults th button:text('kind')");
      const kinds = await page.locator("#panel-faults tbody td:nth-child(2)").allTextContents();
      expect(kinds).toEqual(kinds.toSorted());
      await page.click("#panel-faults tbody tr:has(td:text-is('message-loss'))");
      await page.click("#details button:text('lost')");
      expect(await page.textContent("#details .tree")).toContain("kind");
      expect(await page.textContent("#details")).toMatch(/fate.*lost to message-loss@/s);
      await page.click("#tab-events");
      await page.click("#diagram >> text='All'");
      await page.fill("#filter-text", "c1 -> n1 store put");
      await page.click("#panel-events tbody tr:has(td:text('c1 → n1 store put'))");
      expect(await page.textContent("#details")).toContain("State of n1: primary");
      expect(await page.getAttribute("#panel-events tr[aria-selected=true]", "tabindex")).toBe("0");
      expect(await page.textContent("#details")).toContain(`holds ${HOSTILE}`);
      expect(await page.evaluate(IMAGES)).toBe(0);
      await page.fill("#filter-text", "process/boot");
      const again = recording.states.find(({ incarnation }) => incarnation === 2)!.node;
      await page
        .locator("#panel-events tbody tr", { hasText: `${again}: process/boot` })
        .last()
        .click();
      expect(await page.textContent("#details dl")).toContain(`${again}, life 2`);
      expect(await page.textContent("#details")).toMatch(
        /life 2, changed in this event|not known yet in this life/,
      );
    }));
});

function eventRows(page: Page): Promise<number> {
  return page.locator("#panel-events tbody tr").count();
}

async function clickWrongOperation(page: Page): Promise<string> {
  const found = await page.evaluate<Found | undefined>(FIND_WRONG);
  expect(found).toBeDefined();
  await page.mouse.click(found!.x, found!.y);
  return found!.title;
}
