// A real browser for pages, where there is one.
import { existsSync } from "node:fs";
import { chromium, type Browser, type ConsoleMessage, type Page } from "playwright-core";

/** Undefined where this machine has no Chromium. */
export function chromiumPath(): string | undefined {
  const places = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser"];
  return places.find((path) => path !== undefined && existsSync(path));
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath()!, args: ["--no-sandbox", "--headless"] });
}

/** What a page complained of, and what it fetched. */
export interface Noise {
  readonly errors: string[];
  readonly requests: string[];
}

export function listen(page: Page): Noise {
  const noise: Noise = { errors: [], requests: [] };
  page.on("console", (message: ConsoleMessage) => noise.errors.push(message.text()));
  page.on("pageerror", (error: Error) => noise.errors.push(String(error.stack)));
  page.on("request", (request) => noise.requests.push(request.url()));
  return noise;
}
