// Histories that others recorded, with known verdicts: porcupine's test data.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkHistoryFile } from "#runner/histories/index.js";

const FOLDER = join(import.meta.dirname, "../../../../shared/histories");
const ETCD = join(FOLDER, "etcd");
const KV = join(FOLDER, "kv");

/** Of the logs of etcd; every other one is not. */
const LINEARIZABLE = new Set(["002", "018", "038", "048", "056", "076", "080", "092", "098", "100", "102"]);

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

const missing = !existsSync(FOLDER);
const note = missing ? " (skipped: no folder ../shared/histories beside the repository)" : "";

describe.skipIf(missing)(`recorded histories${note}`, () => {
  it("are all there", () => {
    expect(list(ETCD)).toHaveLength(52);
    expect(list(KV)).toHaveLength(4);
  });

  it.each(list(ETCD))("of etcd: %s", (name) => {
    const expected = LINEARIZABLE.has(/\d+/.exec(name)![0]) ? "linearizable" : "violation";
    const { verdict, operations } = checkHistoryFile(join(ETCD, name), "register", "jepsen-etcd");
    expect(verdict.verdict).toBe(expected);
    expect(operations).toBeGreaterThan(60);
  });

  it.each(list(KV))("of a key-value store: %s", (name) => {
    const expected = name.includes("ok") ? "linearizable" : "violation";
    const path = join(KV, name);
    expect(checkHistoryFile(path, "kv", "porcupine-kv").verdict.verdict).toBe(expected);
  });

  it("are explained in lines", () => {
    const { lines } = checkHistoryFile(join(KV, "c01-bad.txt"), "kv", "porcupine-kv");
    expect(lines[0]).toMatch(/^violation: \d+ operations, \d+ steps of the model$/);
    expect(lines[1]).toMatch(/^longest linearizable prefix of key "\d": \d+ operations$/);
    expect(lines.at(-1)).toMatch(/^fits nowhere: client 0 \[\d+\.\.\d+\] get -> "/);
  });
});
