import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadCatalogue } from "#runner/mutants/catalogue.js";
import { contradictions, type Verdict } from "#runner/mutants/mechanical-trials.js";
import { readRecords, recordedSeed } from "#runner/mutants/records.js";

const REAL = join(import.meta.dirname, "../../mutants");

describe("the catalogue", () => {
  it("is sound: every historic bug is planted or excused, and every mutant has its recorded seeds", async () => {
    const { mutants } = await loadCatalogue(REAL);
    const records = readRecords(REAL);
    for (const mutant of mutants) {
      for (const { scenario, invariants } of mutant.catchers) {
        const seed = recordedSeed(records, mutant, scenario);
        const record = records.find((each) => each.mutant === mutant.id && each.seed === seed);
        expect(invariants, mutant.id).toContain(record?.invariant);
      }
    }
  });

  describe("is refused", () => {
    const folders: string[] = [];
    afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

    const BUG = { id: "S01", title: "a bug", reference: "somewhere#1" };
    const MUTANT = {
      id: "a-mutant",
      title: "a mistake",
      source: "S01",
      engine: "wal",
      edits: [{ file: "f.js", find: "a", replace: "b" }],
      catchers: [{ scenario: "wal", invariants: ["wal/hole"] }],
    };

    function load(mutants: readonly object[], excused: readonly object[] = []): Promise<unknown> {
      const folder = mkdtempSync(join(tmpdir(), "seedstorm-catalogue-"));
      folders.push(folder);
      const modules = {
        wal: mutants,
        snapshot: [],
        raft: [],
        lsm: [],
        btree: [],
        "store-machine": [],
        broker: [],
        group: [],
        transaction: [],
        "historic-bugs": [BUG],
        "not-applicable": excused,
      };
      for (const [name, value] of Object.entries(modules)) {
        writeFileSync(join(folder, `${name}.mjs`), `export default ${JSON.stringify(value)};`);
      }
      return loadCatalogue(folder);
    }

    it("where a historic bug is neither planted nor excused, or both", async () => {
      await expect(load([MUTANT])).resolves.toBeDefined();
      await expect(load([])).rejects.toThrow(/S01/);
      await expect(load([], [{ source: "S01", reason: "none of it here" }])).resolves.toBeDefined();
      await expect(load([MUTANT], [{ source: "S01", reason: "x" }])).rejects.toThrow(/both/);
    });

    it("where a mutant makes no sense", async () => {
      await expect(load([MUTANT, MUTANT])).rejects.toThrow(/a-mutant/);
      await expect(load([{ ...MUTANT, catchers: [] }])).rejects.toThrow(/a-mutant/);
      await expect(load([{ ...MUTANT, edits: [] }])).rejects.toThrow(/a-mutant/);
      await expect(load([MUTANT, { ...MUTANT, id: "b", source: "S99" }])).rejects.toThrow(/S99/);
    });
  });
});

describe("the explanations of survivors", () => {
  const verdict = (id: string, end: Verdict["end"], explanation?: string): Verdict =>
    ({ mutation: { id }, end, explanation }) as unknown as Verdict;

  it("are all there, and none too many", () => {
    const verdicts = [verdict("a", "exhausted", "equal"), verdict("b", "exhausted"), verdict("c", "caught")];
    const explanations = new Map([
      ["a", "equal"],
      ["c", "left over"],
    ]);
    expect(contradictions(verdicts, explanations)).toEqual([
      "no explanation: b",
      "explained, but no survivor: c",
    ]);
  });
});
