import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkClean, firstSeeds, searchMutant, type Hunt } from "#runner/mutants/search.js";
import type { Mutant } from "#runner/mutants/mutant.js";
import { Workshop } from "#runner/mutants/workshop.js";
import { makeToyProject, toyMutant } from "./toy-project.js";

/** Far above what a seed of the toy takes on a busy machine. */
const WATCHDOG_MS = 15_000;

// The child processes run what `npm test` has built.
describe("a mutant", () => {
  const project = makeToyProject();
  let workshop: Workshop;
  beforeAll(() => void (workshop = new Workshop(project.root)));
  afterAll(() => {
    workshop.dispose();
    project.remove();
  });

  async function hunt(mutant: Mutant, watchdogMs = WATCHDOG_MS): Promise<Hunt> {
    const hunts = await searchMutant(workshop, mutant, () => firstSeeds(5), watchdogMs);
    expect(hunts).toHaveLength(1);
    return hunts[0]!;
  }

  it("is caught at the first seed where the named check fires", async () => {
    const caught = await hunt(toyMutant("sum += b", "sum -= b"));
    expect(caught.trial).toMatchObject({ end: "caught", seedsTried: 3 });
    expect(caught.trial.caught).toEqual({ seed: 3, invariant: "toy/wrong-sum", message: "1 for seed 3" });
    expect(caught.trial.cpuSeconds).toBeGreaterThan(0);
    await checkClean(workshop, [caught], WATCHDOG_MS);
  });

  it("survives where nothing fires", async () => {
    const { trial } = await hunt(toyMutant("sum += b", "sum += b + 0"));
    expect(trial).toMatchObject({ end: "exhausted", seedsTried: 5 });
    expect([...trial.others]).toEqual([]);
  });

  it("is not caught by a check that it does not name", async () => {
    const { trial } = await hunt(toyMutant("sum += b", "sum -= b", "toy/another-check"));
    expect(trial.end).toBe("exhausted");
    expect([...trial.others]).toEqual([["toy/wrong-sum", 3]]);
    expect(trial.firstOther).toMatchObject({ seed: 3, invariant: "toy/wrong-sum" });
  });

  it("is not caught by an exception, but where it names that very one", async () => {
    const throwing = toyMutant("return sum", "return", "process/uncaught-error");
    expect((await hunt({ ...throwing, catchers: toyMutant("a", "b").catchers })).trial.end).toBe("exhausted");
    const naming = (message: RegExp): Mutant => ({
      ...throwing,
      catchers: [{ ...throwing.catchers[0]!, message }],
    });
    expect((await hunt(naming(/^RangeError/))).trial.end).toBe("exhausted");
    expect((await hunt(naming(/^TypeError/))).trial).toMatchObject({ end: "caught", seedsTried: 3 });
  });

  it("that does not load is no catch", async () => {
    const { trial } = await hunt(toyMutant("let sum = a", "let sum = = a"));
    expect(trial).toMatchObject({ end: "not-loaded", seedsTried: 0 });
    expect(trial.reason).toMatch(/SyntaxError/);
  });

  it("that never ends is stopped, and caught only where it names that", async () => {
    const endless = "for (;;) if (b > 3) break;\n";
    const { trial } = await hunt(toyMutant("let sum = a;", `let sum = a; ${endless}`, "limits/hung"), 2_000);
    expect(trial.caught).toMatchObject({ seed: 3, invariant: "limits/hung" });
    const unnamed = await hunt(toyMutant("let sum = a;", `let sum = a; if (a === 3) ${endless}`), 2_000);
    expect(unnamed.trial).toMatchObject({ end: "exhausted", seedsTried: 5 });
    expect([...unnamed.trial.others]).toEqual([["limits/hung", 1]]);
  });

  it("that kills its process loses no other seed", async () => {
    const { trial } = await hunt(toyMutant("let sum = a;", "let sum = a; if (a === 4) process.exit(7);"));
    expect(trial).toMatchObject({ end: "exhausted", seedsTried: 5 });
    expect(trial.firstOther).toMatchObject({ seed: 4, invariant: "limits/died" });
  });

  it("is worth nothing where the unmutated code fails the seed too", async () => {
    const caught = await hunt(toyMutant("sum += b", "sum -= b"));
    const broken = makeToyProject();
    const other = new Workshop(broken.root);
    try {
      const root = other.plantTexts("toy", toyMutant("sum += b", "sum -= b").edits);
      const asClean = { cleanRoot: root } as Workshop;
      await expect(checkClean(asClean, [caught], WATCHDOG_MS)).rejects.toThrow(
        /unmutated.*toy\/wrong-sum|toy\/wrong-sum.*unmutated/,
      );
    } finally {
      other.dispose();
      broken.remove();
    }
  });
});
