/** `seedstorm shrink` as a user runs it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseRepro } from "#runner/repro/index.js";
import { cli, startCli, type CliResult } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";
import { cliHere } from "../support/main.js";

const CARELESS = "docs/examples/careless-log.mjs";
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "seedstorm-shrink-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface ShrunkTwice {
  /** The repro of the first, far too short time, and its text. */
  readonly given: string;
  readonly before: string;
  /** The repro of the second, which takes seconds: the tests share it. */
  readonly smaller: string;
  readonly second: CliResult;
}

async function shrinkTwice(): Promise<ShrunkTwice> {
  const given = join(folder, "given.json");
  await cli("shrink", CARELESS, "--seed", "0", "--out", given, "--for", "1ms");
  const before = readFileSync(given, "utf8");
  const second = await cli("shrink", given);
  return { given, before, smaller: join(folder, "given.shrunk.json"), second };
}
let twice: Promise<ShrunkTwice> | undefined;
const shrunkTwice = (): Promise<ShrunkTwice> => (twice ??= shrinkTwice());

describe("a failing seed", () => {
  it("becomes the same small repro with one thread and with three, and its story is told", async () => {
    const files = [join(folder, "one.json"), join(folder, "three.json")] as const;
    const [one, three] = await Promise.all([
      cli("shrink", scenarioPath("needle"), "--seed", "2", "--out", files[0], "--workers", "1"),
      cli("shrink", scenarioPath("needle"), "--seed", "2", "--out", files[1], "--workers", "3"),
    ]);
    expect([one.code, three.code]).toEqual([0, 0]);
    expect(readFileSync(files[0], "utf8")).toBe(readFileSync(files[1], "utf8"));
    const repro = parseRepro(readFileSync(files[0], "utf8"), files[0]);
    expect(repro.faults.map(({ kind }) => kind)).toEqual(["power-loss"]);
    expect(repro.shrunkFrom).toMatchObject({ seed: 2, plan: { steps: 60 } });
    expect(one.out).toContain("needle/found broke on n1");
    expect(one.out).toMatch(/n1 +loses its power, at its call \d+/);
    expect(one.out).toContain(`replay ${files[0]}`);
  });

  it("has its repro where run and fuzz have theirs, unless told otherwise", async () => {
    const words = ["shrink", scenarioPath("needle"), "--seed", "2", "--for", "1ms"];
    const { code, out } = await startCli(words, `cd ${folder}`).result;
    expect(code).toBe(0);
    const path = join("seedstorm-repros", "needle-2.shrunk.json");
    expect(out).toContain(`\n${path}\n  seedstorm replay ${path}\n`);
    expect(parseRepro(readFileSync(join(folder, path), "utf8"), path).shrunkFrom).toMatchObject({ seed: 2 });
  });

  it("shrinks further from its repro, which it leaves as it is", async () => {
    const { given, before, smaller, second } = await shrunkTwice();
    const { code, out } = second;
    expect(code).toBe(0);
    expect(readFileSync(given, "utf8")).toBe(before);
    expect(parseRepro(readFileSync(smaller, "utf8"), "file").plan["appends"]).toHaveLength(2);
    expect(out).toContain("client    asks: append record");
  });

  it("is as small as it got when Ctrl-C came", async () => {
    const out = join(folder, "stopped.json");
    const running = startCli([
      "shrink",
      scenarioPath("needle"),
      "--seed",
      "1",
      "--out",
      out,
      "--workers",
      "1",
    ]);
    running.child.stderr!.once("data", () => running.child.kill("SIGINT"));
    const { code, out: said } = await running.result;
    // A fast machine may be done by then.
    expect([0, 130]).toContain(code);
    expect(existsSync(out)).toBe(true);
    expect(said).toContain("needle/found broke");
  });
});

describe("a second, shorter time", () => {
  it("does not undo what a longer one found", async () => {
    const { given, smaller } = await shrunkTwice();
    const best = readFileSync(smaller, "utf8");
    const { code } = await cli("shrink", given, "--for", "1ms");
    expect(code).toBe(0);
    expect(readFileSync(smaller, "utf8")).toBe(best);
  });
});

describe("what can't be shrunk", () => {
  it.each([
    [["shrink", "wal", "--seed", "1", "--param", "operations=1"], "seed 1 held"],
    [["shrink", "wal"], "--seed"],
    [["shrink", "wal", "--seed", "x"], "--seed"],
    [["shrink", "nothing.json"], "nothing.json"],
    [["shrink", "package.json"], "package.json: format"],
    [["shrink", "nothing.json", "--seed", "1"], "--seed"],
    [["shrink", CARELESS, "--seed", "0", "--for", "soon"], "--for"],
    [["shrink", CARELESS, "--seed", "0", "--out", "/nowhere/x.json"], "/nowhere/x.json"],
  ])("%j is refused in one line", async (words, about) => {
    const { code, out, err } = await cliHere(...words);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain(about);
  });

  it("says so where a repro holds by now, and leaves no file", async () => {
    const { before } = await shrunkTwice();
    const text = JSON.parse(before) as object;
    const held = join(folder, "held.json");
    writeFileSync(held, JSON.stringify({ ...text, plan: { appends: [] } }));
    const { code, err } = await cli("shrink", held);
    expect(code).toBe(2);
    expect(err).toContain("careless-log/acknowledged-lost held this time");
    expect(existsSync(join(folder, "held.shrunk.json"))).toBe(false);
  });
});
