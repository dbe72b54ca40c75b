/** The built command line over scenarios that go right and wrong: exit codes, lines, files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvParse } from "d3-dsv";
import { describe, expect, test } from "vitest";
import { cli, startCli } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";

const TROUBLE = scenarioPath("trouble");
/** Gives `use` a directory of its own: the tests of this file run side by side, waiting for processes. */
async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function jsonLines(text: string): Record<string, unknown>[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test.concurrent("the result does not depend on the number of workers, nor on shards", async () => {
  const [one, three, ...shards] = await Promise.all([
    cli("run", TROUBLE, "--count", "90", "--json", "--workers", "1"),
    cli("run", TROUBLE, "--count", "90", "--json", "--workers", "3"),
    cli("run", TROUBLE, "--count", "90", "--json", "--shard", "1/2"),
    cli("run", TROUBLE, "--count", "90", "--json", "--shard", "2/2"),
  ]);
  expect(one.code).toBe(0);
  expect(three.out).toBe(one.out);
  const seeds = jsonLines(one.out);
  expect(seeds.map(({ seed }) => seed)).toEqual(Array.from({ length: 90 }, (_, i) => i));
  for (const seed of seeds) {
    expect(seed).toMatchObject({ scenario: "trouble", verdict: "pass" });
    expect(seed["traceHash"]).toMatch(/^[0-9a-f]{16}$/);
    expect(seed["events"]).toBeGreaterThan(0);
    expect(seed["simTimeUs"]).toBeGreaterThan(0);
  }
  const sharded = shards
    .flatMap(({ out }) => jsonLines(out))
    .sort((a, b) => Number(a["seed"]) - Number(b["seed"]));
  expect(sharded).toEqual(seeds);
});

describe.concurrent("a seed in trouble is reported, and the others run", () => {
  test.each([
    ["sync-loop", "limits/hung"],
    ["microtask-loop", "limits/hung"],
    ["exit", "determinism/forbidden-call"],
    ["dies", "limits/worker-died"],
    ["speaks-oddly", String.raw`trouble/\u001b[2J\nodd`],
    ["event-loop", "limits/events"],
    ["never-answers", "liveness/stalled"],
  ])("%s: %s", async (kind, invariant) => {
    const { code, out } = await cli(
      "run",
      TROUBLE,
      "--count",
      "12",
      "--param",
      `kind=${kind}`,
      "--faults",
      "-crash",
      "--watchdog",
      "1500ms",
    );
    expect(code).toBe(1);
    const lines = out.split("\n").filter((line) => line.startsWith("seed "));
    expect(lines).toEqual([
      `seed 7  FAIL  ${invariant}  seedstorm replay ${TROUBLE} --seed 7 --param kind=${kind} --faults=-crash`,
    ]);
    expect(out).toContain("trouble: 12 seeds (0..11), 11 pass, 1 ");
  });
});

test.concurrent("many failures of one kind are ten lines and a count", async () => {
  const { code, out } = await cli(
    "run",
    TROUBLE,
    "--count",
    "40",
    "--param",
    "kind=breaks",
    "--param",
    "every=2",
    "--faults",
    "-crash",
  );
  expect(code).toBe(1);
  expect(out.split("\n").filter((line) => line.startsWith("seed "))).toHaveLength(10);
  expect(out).toContain(
    "trouble/broken at trouble getInto: 21 seeds, the first 10 above; seed 0: broken on purpose",
  );
});

test.concurrent(
  "a fault that cannot bite and a mark that is never reached make a batch vacuous",
  async () => {
    const vacuous = scenarioPath("vacuous");
    const [large, small, required, shard] = await Promise.all([
      cli("run", vacuous, "--count", "50"),
      cli("run", vacuous, "--count", "49"),
      cli("run", vacuous, "--count", "20", "--require-coverage"),
      cli("run", vacuous, "--count", "20", "--require-coverage", "--shard", "1/2"),
    ]);
    expect([large.code, small.code, required.code, shard.code]).toEqual([4, 0, 4, 0]);
    expect(large.out).toMatch(/vacuous: fault bit-rot was enabled in \d+ seeds/);
    expect(large.out).toContain("vacuous: mark vacuous/never was never reached");
    expect(small.out).toContain("coverage not judged");
  },
);

test.concurrent(
  "--verify finds a seed that depends on what ran before, and the record where it parts",
  async () => {
    const [leaky, sound] = await Promise.all([
      cli("run", scenarioPath("leaky"), "--count", "8", "--verify"),
      cli("run", TROUBLE, "--count", "8", "--verify"),
    ]);
    expect(leaky.code).toBe(3);
    expect(leaky.out).toMatch(/^seed \d+ {2}NOT DETERMINISTIC /m);
    expect(leaky.out).toContain("the first 3 records are the same");
    expect(leaky.out).toMatch(/^ {2}1 .*process\/log.*run first$/m);
    expect(leaky.out).toMatch(/^ {2}2 .*process\/log.*run later$/m);
    expect(sound.code).toBe(0);
    expect(sound.out).toContain("verified: 8 seeds ran again with the same trace");
  },
);

test.concurrent("--out holds the seeds, the summaries and the reports for CI", () =>
  withDirectory(async (directory) => {
    const out = join(directory, "deep", "out");
    const { code } = await cli("run", TROUBLE, "--seeds", "5..9", "--param", "kind=breaks", "--out", out);
    expect(code).toBe(1);
    expect(readdirSync(out).sort()).toEqual([
      "batch.html",
      "junit.xml",
      "repros",
      "seeds.csv",
      "seeds.tsv",
      "summary.json",
      "summary.txt",
    ]);
    const rows = csvParse(readFileSync(join(out, "seeds.csv"), "utf8"));
    expect(rows.map((row) => row["seed"])).toEqual(["5", "6", "7", "8", "9"]);
    expect(rows.map((row) => row["invariant"])).toEqual(["", "", "trouble/broken", "", ""]);
    const summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as Record<string, unknown>;
    expect(summary).toMatchObject({ finished: 5, parameters: { kind: "breaks" }, coverage: { seeds: 5 } });
  }),
);

describe.concurrent(
  "a disk that is full is exit code 2, and leaves the verdict and nothing half-written",
  () => {
    test.each([
      ["at the end", 200, /^seedstorm: [^\n]*EFBIG[^\n]*\n$/],
      [
        "in the middle",
        3_000,
        /^the batch goes on without files: [^\n]*EFBIG[^\n]*\nseedstorm: [^\n]*EFBIG[^\n]*\n$/,
      ],
    ])("%s", (_, count, line) =>
      withDirectory(async (directory) => {
        const out = join(directory, "out");
        const args = ["run", TROUBLE, "--count", String(count), "--out", out];
        const { code, out: said, err } = await startCli(args, "ulimit -f 8").result;
        expect(code).toBe(2);
        expect(said).toContain(`held: ${count.toLocaleString("en")} seeds\n`);
        expect(err).toMatch(line);
        expect(readdirSync(out)).toEqual([]);
      }),
    );
  },
);

test.concurrent("--for ends by itself, with whole seeds", async () => {
  const { code, out } = await cli("run", TROUBLE, "--for", "300ms");
  expect(code).toBe(0);
  expect(out).toMatch(/trouble: [\d,]+ seeds \(0\.\.\d+\), [\d,]+ pass/);
  expect(out).toContain("time is up");
});

describe.concurrent("Ctrl-C", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s: what is known is printed, without a hole", (signal) =>
    withDirectory(async (directory) => {
      const out = join(directory, "out");
      const { child, result } = startCli(["run", TROUBLE, "--for", "1m", "--json", "--out", out]);
      child.stdout!.once("data", () => child.kill(signal));
      const { code, out: lines, err } = await result;
      expect(code).toBe(130);
      const seeds = jsonLines(lines).map(({ seed }) => seed);
      expect(seeds.length).toBeGreaterThan(0);
      expect(seeds).toEqual(Array.from({ length: seeds.length }, (_, i) => i));
      expect(err).toContain(`(0..${seeds.length - 1})`);
      expect(err).toContain("interrupted");
      expect(csvParse(readFileSync(join(out, "seeds.csv"), "utf8"))).toHaveLength(seeds.length);
    }),
  );

  test("the second one does not wait", () =>
    withDirectory(async (directory) => {
      const args = ["run", TROUBLE, "--for", "1m", "--json", "--param", "kind=sync-loop", "--out", directory];
      const { child, result } = startCli(args);
      child.stdout!.once("data", () => {
        // Two of one kind would count as one where the process is slow to look.
        child.kill("SIGINT");
        child.kill("SIGTERM");
      });
      const { code, err } = await result;
      expect(code).toBe(130);
      expect(err).toBe("");
      expect(readdirSync(directory)).toEqual([]);
    }));
});

test.concurrent("a reader that goes away is no crash", async () => {
  const { child, result } = startCli(["run", TROUBLE, "--for", "1m", "--json"]);
  child.stdout!.once("data", () => child.stdout!.destroy());
  const { code, err } = await result;
  expect(code).toBe(130);
  expect(err).toBe("");
});

test.concurrent("replay writes a trace for Perfetto", () =>
  withDirectory(async (directory) => {
    const path = join(directory, "trace.json");
    const { code, out, err } = await cli("replay", TROUBLE, "--seed", "3", "--trace", path);
    expect(err).toBe(`${path} is written\n`);
    expect(code).toBe(0);
    expect(out).toContain("seed 3  held");
    const { traceEvents } = JSON.parse(readFileSync(path, "utf8")) as { traceEvents: { ph: string }[] };
    expect(traceEvents.filter(({ ph }) => ph === "X").length).toBeGreaterThan(10);
    expect(readdirSync(directory)).toEqual(["trace.json"]);
  }),
);

test.concurrent("replay of a scenario that ends the process is a finding", async () => {
  const { code, out } = await cli("replay", TROUBLE, "--seed", "7", "--param", "kind=exit");
  expect(code).toBe(1);
  expect(out).toContain("FAIL  determinism/forbidden-call");
  expect(out).toContain("seed 7  failed");
});

test.concurrent("replay says that the disk is full where its trace goes, and leaves nothing", () =>
  withDirectory(async (directory) => {
    const args = ["replay", TROUBLE, "--seed", "3", "--param", "sleeps=2000", "--trace"];
    const { code, err } = await startCli([...args, join(directory, "t.json")], "ulimit -f 8").result;
    expect(code).toBe(2);
    expect(err).toMatch(/^seedstorm: [^\n]*EFBIG[^\n]*\n$/);
    expect(readdirSync(directory)).toEqual([]);
  }),
);

test.concurrent("bench wal says in one line that its disk is full", () =>
  withDirectory(async (directory) => {
    const { code, err } = await startCli(["bench", "wal", "--dir", directory], "ulimit -f 8").result;
    expect(code).toBe(2);
    expect(err).toMatch(/^seedstorm: --dir: [^\n]+\n$/);
    expect(readdirSync(directory)).toEqual([]);
  }),
);

test.concurrent("--version and --help", async () => {
  const [version, help] = await Promise.all([cli("--version"), cli("--help")]);
  expect(version).toMatchObject({ code: 0, err: "" });
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(help).toMatchObject({ code: 0, err: "" });
  for (const command of ["list", "run <scenario>", "replay <scenario>", "bench <name>"]) {
    expect(help.out).toContain(`seedstorm ${command}`);
  }
});
