/** The built command line: sessions that find, know, miss and are killed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readRepro, reproText, type Repro } from "#runner/repro/index.js";
import { cli, startCli, type CliResult } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";
import { cliHere } from "../support/main.js";

const TROUBLE = scenarioPath("trouble");
const BREAKS = ["--param", "kind=breaks", "--param", "every=50"];

async function withCorpus<T>(use: (corpus: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    return await use(join(directory, "corpus"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function fuzz(corpus: string, ...words: string[]): Promise<CliResult> {
  return cli("fuzz", TROUBLE, "--corpus", corpus, "--workers", "1", ...words);
}

function repros(corpus: string): string[] {
  return readdirSync(corpus).filter((name) => name.endsWith(".json"));
}

const found = (out: string): string[] => out.split("\n").filter((line) => /^seed \d+ {2}FAIL {2}/.test(line));

test.concurrent("a failure is told of once, has a file, and is known to the next session", async () => {
  await withCorpus(async (corpus) => {
    const first = await fuzz(corpus, ...BREAKS, "--seed-base", "1", "--for", "500ms");
    expect(first.code).toBe(1);
    expect(found(first.out)).toEqual([
      `seed 7  FAIL  trouble/broken  seedstorm replay ${TROUBLE} --seed 7 --param kind=breaks --param every=50`,
    ]);
    const [name] = repros(corpus);
    expect(name).toMatch(/^trouble-broken-[0-9a-f]{6}\.json$/);
    const path = join(corpus, name!);
    expect(first.out).toContain(`seedstorm replay ${path}\n`);
    expect(first.out).toContain(`seedstorm shrink ${path}\n`);
    expect(first.out).toContain("1 new failure\n");
    expect(readRepro(path)).toMatchObject({ seed: 7, failure: { invariant: "trouble/broken" } });
    const text = readFileSync(path, "utf8");

    const second = await fuzz(corpus, ...BREAKS, "--for", "500ms");
    expect(second.code).toBe(1);
    expect(found(second.out)).toEqual([]);
    expect(second.out).toContain("1 file, 1 failing as before");
    expect(second.out).toMatch(/known: trouble\/broken at trouble getInto: [\d,]+ more seeds;/);
    expect(second.out).toContain("1 known failure\n");
    expect(repros(corpus)).toEqual([name]);
    expect(readFileSync(path, "utf8")).toBe(text);
    const bases = [first, second].map(({ out }) => Number(/seeds from (\d+) on/.exec(out)![1]));
    expect(bases[0]).toBe(1);
    expect(bases[1]).toBeGreaterThan(1.6e15);
  });
});

test.concurrent(
  "the corpus: what is fixed, fails otherwise, or can't be run is said, and nothing is removed",
  async () => {
    await withCorpus(async (corpus) => {
      await fuzz(corpus, ...BREAKS, "--seed-base", "1", "--until-failure");
      const [name] = repros(corpus);
      const repro = readRepro(join(corpus, name!));
      const put = (file: string, over: Partial<Repro>): void =>
        writeFileSync(join(corpus, file), reproText({ ...repro, ...over }));
      put(name!, { parameters: { ...repro.parameters, kind: "none" } });
      put("otherwise.json", { failure: { ...repro.failure, invariant: "trouble/gone" } });
      put("homeless.json", { scenario: "no-such-scenario" });
      writeFileSync(join(corpus, "bad.json"), "{}");
      const { code, out, err } = await fuzz(corpus, ...BREAKS, "--until-failure", "--seed-base", "1");
      expect(code).toBe(1);
      expect(out).toContain(`known failure holds now  seedstorm replay ${join(corpus, name!)}\n`);
      expect(out).toContain(
        `known failure fails otherwise: trouble/broken at trouble getInto  seedstorm replay ${join(corpus, "otherwise.json")}\n`,
      );
      expect(out).toContain("2 files, 1 failing otherwise, 1 fixed\n");
      expect(err).toContain(`${join(corpus, "homeless.json")} is not run: <scenario>: expected a scenario`);
      expect(err).toContain(`not run: ${join(corpus, "bad.json")}: format: expected`);
      // The file of that name shows nothing any more: the failure is new, and gets a file beside it.
      expect(found(out)).toHaveLength(1);
      const beside = name!.replace(".json", "-2.json");
      expect(new Set(repros(corpus))).toEqual(
        new Set(["bad.json", "homeless.json", "otherwise.json", beside, name]),
      );
      expect(readRepro(join(corpus, name!)).parameters["kind"]).toBe("none");
    });
  },
);

describe.concurrent("a session", () => {
  test("holds where nothing fails, and its memory of seeds is a table", async () => {
    await withCorpus(async (corpus) => {
      const { code, out } = await fuzz(corpus, "--for", "300ms");
      expect(code).toBe(0);
      expect(out).toMatch(/^held: [\d,]+ seeds$/m);
      expect(out).toMatch(/trouble +[\d,]+ +0 +\d+ +/);
      expect(existsSync(corpus)).toBe(false);
    });
  });

  test("runs several scenarios, and files of yet others", async () => {
    await withCorpus(async (corpus) => {
      await fuzz(corpus, ...BREAKS, "--seed-base", "1", "--until-failure");
      const scenarios = ["leaky", "vacuous"].map(scenarioPath);
      const { code, out } = await cli("fuzz", ...scenarios, "--corpus", corpus, "--for", "500ms");
      expect(code).toBe(1);
      for (const name of ["leaky", "vacuous"]) expect(out).toMatch(new RegExp(`${name} +[1-9][\\d,]* +0 `));
      expect(out).toContain("1 file, 1 failing as before\n");
      expect(out).toContain("known: trouble/broken at trouble getInto: 0 more seeds;");
    });
  });

  test.each([
    ["sync-loop", "limits/hung", "the seed never ends"],
    ["dies", "limits/worker-died", "the seed ends its process"],
  ])(
    "gets over seeds in trouble (%s), which have no file but a line in findings.txt",
    async (kind, invariant, why) => {
      // A machine under load may not get beyond the seed in the first of these times.
      for (const time of ["2s", "8s", "20s"]) {
        const isBeyond = await withCorpus(async (corpus) => {
          const words = ["--param", `kind=${kind}`, "--seed-base", "1", "--watchdog", "1s", "--for", time];
          const { code, out } = await fuzz(corpus, ...words);
          if (Number(/^fuzz: ([\d,]+) seeds/m.exec(out)![1]!.replaceAll(",", "")) <= 7) return false;
          expect(code).toBe(1);
          const [line, ...more] = found(out);
          expect(line).toContain(`seed 7  FAIL  ${invariant}  seedstorm replay`);
          expect(more).toEqual([]);
          expect(out).toContain(`no repro file: ${why}\n`);
          expect(readdirSync(corpus)).toEqual(["findings.txt"]);
          expect(readFileSync(join(corpus, "findings.txt"), "utf8")).toBe(`${line}\n`);
          return true;
        });
        if (isBeyond) return;
      }
      expect.fail("no seed was run after the one in trouble, in 20 s");
    },
  );

  test("says what it knows when it is interrupted", async () => {
    await withCorpus(async (corpus) => {
      const { child, result } = startCli([
        "fuzz",
        TROUBLE,
        ...BREAKS,
        "--corpus",
        corpus,
        "--seed-base",
        "1",
      ]);
      let told = "";
      child.stdout!.on("data", (text: Buffer) => {
        if (found(told).length === 0 && found((told += text.toString())).length > 0) child.kill("SIGINT");
      });
      const { code, out } = await result;
      expect(code).toBe(130);
      expect(found(out)).toHaveLength(1);
      expect(out).toContain("interrupted: the seeds above are all that is known\n1 new failure\n");
    });
  });

  test("that is killed loses no finding that it told of", async () => {
    await withCorpus(async (corpus) => {
      const module = join(corpus, "../many.mjs");
      writeFileSync(module, MANY);
      const { child, result } = startCli(["fuzz", module, "--corpus", corpus, "--seed-base", "1"]);
      let told = "";
      child.stdout!.on("data", (text: Buffer) => {
        told += text.toString();
        if (found(told).length >= 12) child.kill("SIGKILL");
      });
      const { code, out } = await result;
      expect(code).toBeNull();
      const known = repros(corpus).map((name) => readRepro(join(corpus, name)).failure.invariant);
      const lines = found(out);
      expect(lines.length).toBeGreaterThanOrEqual(12);
      for (const line of lines) expect(known).toContain(line.split("  ")[2]);
      const noted = readFileSync(join(corpus, "findings.txt"), "utf8").split("\n");
      for (const line of lines) expect(noted).toContain(line);
    });
  });
});

/** Breaks in two hundred ways. */
const MANY = `export default {
  name: "many",
  summary: "breaks in many ways",
  parameters: {},
  faults: {},
  mustReach: [],
  coverageSeeds: 1000,
  async drive({ world }) {
    await world.sleep(1000);
    world.fail("many/way-" + (world.decisions.seed % 200), "one of many");
  },
};
`;

test.each([
  [["no-such"], "<scenario>: expected a scenario, found no-such"],
  [["wal", "raft", "--param", "operations=5"], "--param: expected one scenario beside it, found 2"],
  [["--faults", "-crash"], "--faults: expected one scenario beside it"],
  [["wal", "--for", "0s"], "--for: expected a duration above zero"],
  [["wal", "--seed-base", "-1"], "--seed-base: expected"],
  [["wal", "--corpus", "/proc/nowhere"], "/proc/nowhere: expected a place that can be written"],
])("%j is bad usage", async (words, line) => {
  const { code, err } = await cliHere("fuzz", ...words);
  expect(err).toContain(line);
  expect(code).toBe(2);
});
