// The floors of ARCHITECTURE.md: imports go down only, and only the host's floors touch node: modules.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
/** From the top down. */
const FLOORS = ["cli", "runner", "reports", "scenarios", "sim", "engines"];
const HOST = [/^cli\//, /^runner\//, /^reports\//, /^engines\/env\/node\//];
const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s*)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? "");
}

function floorOf(path: string): number {
  return FLOORS.indexOf(path.split("/")[0] ?? "");
}

/** Why this import must not be; undefined where it may. */
function climbs({ file, target }: Import): string | undefined {
  if (target.startsWith("node:")) {
    return HOST.some((folder) => folder.test(file)) ? undefined : `${file} imports ${target}`;
  }
  if (target.startsWith("#")) {
    const floor = floorOf(target.slice(1));
    if (floor < floorOf(file)) return `${file} imports ${target}, which lies above it`;
    if (target.startsWith("#engines/env/node/") && floorOf(file) > floorOf("reports/")) {
      return `${file} imports ${target}, which only the host's floors may`;
    }
    return undefined;
  }
  if (target.startsWith("../") && join(file, "..", target).split(sep)[0] !== file.split("/")[0]) {
    return `${file} leaves its floor by the relative path ${target}`;
  }
  return undefined;
}

describe("the floors", () => {
  const imports = FLOORS.flatMap(sources).flatMap((file) =>
    importsOf(readFileSync(join(ROOT, file), "utf8")).map((target) => ({ file, target })),
  );

  it("finds imports at all", () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it("never climb, and keep to the simulated world below the host's floors", () => {
    expect(imports.map(climbs).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it("would be seen to climb", () => {
    expect(climbs({ file: "engines/wal/wal.ts", target: "#sim/world.js" })).toMatch(/above/);
    expect(climbs({ file: "sim/world.ts", target: "node:fs" })).toMatch(/node:fs/);
    expect(climbs({ file: "sim/world.ts", target: "../engines/wal/wal.js" })).toMatch(/leaves/);
    expect(climbs({ file: "scenarios/wal/index.ts", target: "#engines/env/node/index.js" })).toMatch(/host/);
    expect(importsOf('import {\n  a,\n} from "node:fs";\nconst b = await import("#cli/x.js");')).toEqual([
      "node:fs",
      "#cli/x.js",
    ]);
  });
});
