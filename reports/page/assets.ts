/** What the build made of `client/`: one script and one style sheet. */
import { readFileSync } from "node:fs";

export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** From sources, as tests run them, they are where the build before has put them. */
const FOLDER = new URL(import.meta.url.endsWith(".ts") ? "../../dist/reports/page/" : "./", import.meta.url);

/** Throws where the project has not been built. */
export function readAssets(): Assets {
  const read = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");
  return { script: read("client.js"), style: read("client.css") };
}
