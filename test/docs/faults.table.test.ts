/** docs/faults.md has every kind of fault, and says of it what the code says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_FAULT_KINDS, FAULT_KINDS } from "#sim/faults/kinds.js";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/faults.md"), "utf8");

test("has a row for each kind, with what it means that one changed something", () => {
  const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` +\| [^|]+ \| ([^|]*[^ |]) +\|$/gm)];
  const found = new Map(rows.map(([, kind, changed]) => [kind!, changed!]));
  const columns = ["seeds", "planned", "refused", "injected", "reached", "changed"];
  expect([...found.keys()].filter((kind) => !columns.includes(kind)).sort()).toEqual(
    [...ALL_FAULT_KINDS].sort(),
  );
  for (const kind of ALL_FAULT_KINDS) {
    const { reached, changed } = FAULT_KINDS[kind];
    expect(found.get(kind), kind).toBe(changed === "the same" ? reached : changed);
  }
});
