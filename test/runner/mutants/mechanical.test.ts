import { describe, expect, it } from "vitest";
import { applyEdit } from "#runner/mutants/edit.js";
import { drawMutations, mutationsOf, isMutated, type Mutation } from "#runner/mutants/mechanical.js";
import { OPERATORS } from "#runner/mutants/operators.js";
import { loadParser } from "#runner/mutants/syntax.js";

const TEXT = `
import { assert } from "../env/index.js";
export class Box {
  #items = [];
  async store(item, limit = 3) {
    assert(limit > 1, "room");
    if (this.#items.length < limit) reached(env, "box/room");
    if (this.#items.length >= limit) throw new BoxError("full", 17);
    this.#items.push(item);
    await this.file.sync();
    await this.flush();
    observe(env, { kind: "stored", count: 1 });
    return this.#items.length === 2;
  }
  inspect() {
    return this.#items.length + 1;
  }
  first() {
    return this.#items[0];
  }
}
`;
const FILE = { file: "engines/box/box.js", text: TEXT };
const parse = await loadParser();

function edits(operator: string): string[] {
  return mutationsOf(FILE, parse(TEXT))
    .filter((mutation) => mutation.operator === operator)
    .map(({ before, after }) => `${before} => ${after}`);
}

describe("mechanical mutants", () => {
  it("come from each operator, and leave what only asserts or observes alone", () => {
    expect(edits("drop-sync")).toEqual(["await this.file.sync(); => ;"]);
    expect(edits("drop-await")).toEqual([
      "await this.file.sync() => void this.file.sync()",
      "await this.flush() => void this.flush()",
    ]);
    expect(edits("negate-condition")).toEqual([
      "this.#items.length >= limit => !(this.#items.length >= limit)",
    ]);
    expect(edits("off-by-one")).toEqual([
      "3 => 4",
      "3 => (2)",
      "this.#items.length >= limit => this.#items.length > limit",
      "2 => 3",
      "2 => (1)",
      "0 => 1",
      "0 => (-1)",
    ]);
    expect(edits("drop-statement").map((edit) => edit.slice(0, 12))).toEqual([
      "if (this.#it",
      "this.#items.",
      "await this.f",
    ]);
    expect(edits("replace-return")).toEqual([
      "this.#items.length === 2 => !(this.#items.length === 2)",
      "this.#items[0] => undefined",
    ]);
    expect(edits("swap-statements").every((edit) => !/assert|observe|reached/.test(edit))).toBe(true);
    expect(edits("swap-statements")).toHaveLength(3);
  });

  it("keep out of files that only report", () => {
    expect(["log.js", "wal.js"].every((name) => isMutated(`engines/wal/${name}`))).toBe(true);
    expect(
      ["verify.js", "errors.js", "events.js", "index.js", "log.d.ts"].some((name) =>
        isMutated(`engines/wal/${name}`),
      ),
    ).toBe(false);
  });

  it("are parseable, each of them, and differ from the code", () => {
    for (const { edit, id } of mutationsOf(FILE, parse(TEXT))) {
      const mutated = applyEdit(TEXT, edit);
      expect(mutated, id).not.toBe(TEXT);
      expect(() => parse(mutated), id).not.toThrow();
    }
  });

  it("leave out the edit that changes nothing, and the ids of the others as they were", () => {
    const text = "export function pick(a) { if (a) return undefined; return a; }";
    const returns = mutationsOf({ file: FILE.file, text }, parse(text)).filter(
      ({ operator }) => operator === "replace-return",
    );
    expect(returns.map(({ id }) => id)).toEqual(["box/box.js pick replace-return 2"]);
  });

  it("have ids of their own that name the place", () => {
    const ids = mutationsOf(FILE, parse(TEXT)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain("box/box.js Box.store drop-sync 1");
  });

  describe("as drawn", () => {
    const draw = (seed: number, count: number, text = TEXT): Mutation[] =>
      drawMutations([{ file: FILE.file, text }], parse, seed, count);

    it("are a matter of the seed alone", () => {
      expect(draw(1, 9)).toEqual(draw(1, 9));
      expect(draw(1, 9)).not.toEqual(draw(2, 9));
    });

    it("spread over the operators", () => {
      expect(new Set(draw(1, 7).map(({ operator }) => operator))).toEqual(new Set(OPERATORS));
    });

    it("are all there are where fewer are asked for than exist", () => {
      expect(draw(1, 1_000)).toHaveLength(mutationsOf(FILE, parse(TEXT)).length);
    });

    it("mostly stay as they are when other code comes", () => {
      const before = draw(1, 9).map(({ id }) => id);
      const after = new Set(
        draw(1, 9, TEXT.replace("first() {", "last() { return 5; }\n  first() {")).map(({ id }) => id),
      );
      expect(before.filter((id) => after.has(id)).length).toBeGreaterThanOrEqual(7);
    });
  });
});
