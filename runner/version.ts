/** The version of this program. */
import { readFileSync } from "node:fs";

const inSources = import.meta.url.endsWith(".ts");
const file = new URL(inSources ? "../package.json" : "../../package.json", import.meta.url);

export const VERSION: string = (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
