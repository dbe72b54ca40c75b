/** The built command line: the repro files of a batch. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRepro } from "#runner/repro/index.js";
import { cli, startCli } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";

const TROUBLE = scenarioPath("trouble");

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test.concurrent("a thousand failing seeds of one bug are one file, of the first of them", async () => {
  await withDirectory(async (directory) => {
    const words = ["run", TROUBLE, "--param", "kind=breaks", "--param", "every=2", "--out", directory];
    const { code, out } = await cli(...words, "--count", "2000", "--workers", "2");
    expect(code).toBe(1);
    const [name, ...more] = readdirSync(join(directory, "repros"));
    expect(more).toEqual([]);
    const path = join(directory, "repros", name!);
    expect(readRepro(path)).toMatchObject({ seed: 0, scenario: TROUBLE });
    const lines = out.split("\n");
    const at = lines.findIndex((line) => line.startsWith("  trouble/broken at trouble getInto: 1,001 seeds"));
    expect(lines[at]).toContain("seed 0: broken on purpose");
    expect(lines.slice(at + 2, at + 4)).toEqual([
      `    seedstorm replay ${path}`,
      `    seedstorm shrink ${path}`,
    ]);
    // It may have been shrunk: it stays as it is.
    const text = readFileSync(path, "utf8").replace('"seed": 0', '"seed": 2');
    writeFileSync(path, text);
    const again = await cli(...words, "--seeds", "10..20");
    expect(again.out).toContain(`    seedstorm replay ${path}\n`);
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

test.concurrent("a file that no longer shows its failure gets another one beside it", async () => {
  await withDirectory(async (directory) => {
    const words = ["run", TROUBLE, "--param", "kind=breaks", "--param", "every=2", "--out", directory];
    await cli(...words, "--count", "10");
    const [name] = readdirSync(join(directory, "repros"));
    const paths = ["", "-2", "-3"].map((number) =>
      join(directory, "repros", name!.replace(".json", `${number}.json`)),
    );
    const stale = readFileSync(paths[0]!, "utf8").replace('"seed": 0', '"seed": 1');
    writeFileSync(paths[0]!, stale);
    for (let i = 0; i < 2; i++) {
      const { out } = await cli(...words, "--count", "10");
      expect(out).toContain(`    seedstorm replay ${paths[1]}\n`);
      expect(readdirSync(join(directory, "repros"))).toHaveLength(2);
    }
    expect(readFileSync(paths[0]!, "utf8")).toBe(stale);
    // One that never ends now, and one whose scenario is gone.
    const hung = stale.replace('"kind":"breaks"', '"kind":"sync-loop"').replace('"seed": 1', '"seed": 2');
    expect(hung).toContain("sync-loop");
    writeFileSync(paths[0]!, hung);
    writeFileSync(paths[1]!, stale.replace(TROUBLE, "./gone.mjs"));
    const { code, out } = await cli(...words, "--count", "10", "--watchdog", "1s");
    expect(code).toBe(1);
    expect(out).toContain(`    seedstorm replay ${paths[2]}\n`);
  });
});

test.concurrent("a scenario that breaks anew in every seed does not take the disk", async () => {
  await withDirectory(async (directory) => {
    const module = join(directory, "various.mjs");
    writeFileSync(module, VARIOUS);
    const { code, out } = await cli("run", module, "--count", "103", "--out", directory);
    expect(code).toBe(1);
    expect(readdirSync(join(directory, "repros"))).toHaveLength(100);
    expect(out).toContain("3 failures without a repro file: there are too many\n");
    expect(out.match(/no repro file: other failures have one/g)).toHaveLength(3);
  });
});

const VARIOUS = `export default {
  name: "various",
  summary: "breaks in another way in every seed",
  parameters: {},
  faults: {},
  mustReach: [],
  coverageSeeds: 1000,
  async drive({ world }) {
    world.fail("various/" + world.decisions.seed, "broken on purpose");
  },
};
`;

test.concurrent(
  "seeds that never end have none; one that holds when it runs again is not deterministic",
  async () => {
    await withDirectory(async (directory) => {
      const hangs = ["--param", "kind=sync-loop", "--watchdog", "1s"];
      const hung = await cli("run", TROUBLE, ...hangs, "--count", "8", "--out", directory);
      expect(hung.out).toContain("    no repro file: the seed never ends\n");
      expect(existsSync(join(directory, "repros"))).toBe(false);
      const module = join(directory, "fickle.mjs");
      writeFileSync(module, FICKLE);
      const fickle = await cli("run", module, "--count", "5", "--workers", "1", "--out", directory);
      expect(fickle.code).toBe(1);
      expect(fickle.out).toContain(
        "    no repro file: not deterministic: the seed held when it ran again; see run --verify\n",
      );
    });
  },
);

/** Fails in the fourth run of its process. */
const FICKLE = `let runs = 0;
export default {
  name: "fickle",
  summary: "depends on what ran before it",
  parameters: {},
  faults: {},
  mustReach: [],
  coverageSeeds: 1000,
  async drive({ world }) {
    await world.sleep(1000);
    if (++runs === 4) world.fail("fickle/fourth", "the fourth run");
  },
};
`;

test.concurrent(
  "without --out they go below the current directory, and a batch does without where that fails",
  async () => {
    await withDirectory(async (directory) => {
      const words = ["run", TROUBLE, "--param", "kind=breaks", "--count", "10"];
      const fine = await startCli(words, `cd ${directory}`).result;
      expect(fine.code).toBe(1);
      const [name] = readdirSync(join(directory, "seedstorm-repros"));
      expect(fine.out).toContain(`    seedstorm replay seedstorm-repros/${name}\n`);

      const elsewhere = join(directory, "elsewhere");
      mkdirSync(elsewhere);
      writeFileSync(join(elsewhere, "seedstorm-repros"), "a file in the way");
      const barred = await startCli(words, `cd ${elsewhere}`).result;
      expect(barred.code).toBe(1);
      expect(barred.err).toContain("no repro files: ");
      expect(barred.err.split("\n").filter((line) => line.startsWith("no repro files"))).toHaveLength(1);
      expect(barred.out).toContain("1 seed failed");

      const out = join(directory, "out");
      mkdirSync(out);
      writeFileSync(join(out, "repros"), "a file in the way");
      const refused = await cli(...words, "--out", out);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain(`${join(out, "repros")}: expected a place that can be written`);
      // The verdict does not hang on it.
      expect(refused.out).toContain("1 seed failed");
      expect(existsSync(join(out, "summary.json"))).toBe(true);
    });
  },
);
