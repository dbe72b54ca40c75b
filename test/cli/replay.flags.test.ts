/** `replay` without a terminal: flags, commands from a file, repros; lines and exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "#cli/program.js";
import { nodeHost } from "#runner/host.js";
import { loadScenario } from "#runner/load-scenario.js";
import { reproOfSeed, reproText, type Repro } from "#runner/repro/index.js";
import { VERSION } from "#runner/version.js";
import { CARELESS_LOG } from "../runner/travel/support.js";

let directory = "";
let out = "";
let err = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  out = err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => (out += String(text)) !== "");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => (err += String(text)) !== "");
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true, force: true });
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
});

async function replay(...words: string[]): Promise<number> {
  await main(["replay", ...words]);
  return Number(process.exitCode);
}

const SEED_0 = [CARELESS_LOG, "--seed", "0"];

describe("bad usage is one line and exit code 2", () => {
  test.each<[words: string[], why: string]>([
    [[...SEED_0, "--at", "!!"], "--at: expected an event's id, a time"],
    [[...SEED_0, "--at", "9s"], "a time in the run, which ended at 0.002421s after 40 events, found 9s"],
    [[...SEED_0, "--at", "999"], "which ended at 0.002421s after 40 events, found no event 999"],
    [[...SEED_0, "--at", "disk/snyc"], "did you mean disk/sync?"],
    [[...SEED_0, "--at", "1ms", "--state", "n2"], "did you mean n1?"],
    [[...SEED_0, "--at", "1ms", "--disk", "n2"], "did you mean n1?"],
    [[...SEED_0, "--break", "n2.x", "--state", "all"], "did you mean n1?"],
    [[...SEED_0, "--steps", "many"], "--steps: "],
    [[...SEED_0, "--json"], "--json: expected --at, --break, --state or --disk beside it"],
    [[...SEED_0, "--step", "--at", "1ms"], "--at: expected it without --step"],
    [[...SEED_0, "--step", "--trace", "x"], "--trace: expected it without --step"],
    [[...SEED_0, "--at", "1ms", "--trace", "x"], "--trace: expected it without --at"],
    [[...SEED_0, "--at", "1ms", "--from", "1ms"], "--from: expected it without --at"],
    [[...SEED_0, "--inspect-brk"], "--inspect-brk: expected --at EVENT"],
    [[...SEED_0, "--at", "start", "--inspect-brk"], "--inspect-brk: expected an event"],
    [[...SEED_0, "--at", "37", "--inspect-brk=99999"], "--inspect-brk: expected a whole number"],
    [["no-such.json"], "no-such.json: expected a file that can be read"],
    [["r.json", "--seed", "1"], "--seed: expected it only beside a scenario"],
    [["r.json", "--param", "a=1"], "--param: expected it only beside a scenario"],
    [["r.json", "--faults=-crash"], "--faults: expected it only beside a scenario"],
    [[CARELESS_LOG], "--seed: expected the seed to replay"],
  ])("%j", async (words, why) => {
    expect(await replay(...words)).toBe(2);
    expect(err).toContain(why);
    expect(err.split("\n")).toHaveLength(2);
  });
});

test("stops at a place and shows it: held so far, so 0", async () => {
  expect(await replay(...SEED_0, "--at", "28", "--disk", "n1", "--state", "n1")).toBe(0);
  expect(out).toContain("event 28 at 0.001972s on n1#1: disk/sync");
  expect(out).toContain("log                                   120 B (durable: 104 B); pages dirty: 0");
  expect(out).toContain("platter  00 00");
  expect(out).toMatch(/^n1#1 +up$/m);
});

test("steps on from there, to the end and its verdict", async () => {
  expect(await replay(...SEED_0, "--at", "power-loss", "--steps", "2")).toBe(0);
  expect(out).toContain("process/exit");
  expect(out).not.toContain("the end of the run");
  out = "";
  expect(await replay(...SEED_0, "--at", "power-loss", "--steps", "99")).toBe(1);
  expect(out).toContain("the end of the run, after 40 events");
  expect(out).toContain("FAIL  careless-log/acknowledged-lost");
});

test("lists where conditions hold, and says where none does", async () => {
  expect(await replay(...SEED_0, "--break", "fault", "--break", "careless-log/*")).toBe(1);
  expect(out).toContain("-- fault at 0.002018s, event 37");
  expect(out).toContain("-- careless-log/* at 0.002421s, event 45");
  expect(await replay(...SEED_0, "--break", "disk/snyc")).toBe(1);
  expect(err).toContain("nothing that matches disk/snyc");
  expect(err).toContain("did you mean disk/sync?");
});

test("--json is an object a line", async () => {
  expect(await replay(...SEED_0, "--break", "fault", "--json", "--state", "all", "--disk", "n1")).toBe(0);
  const lines = out.trimEnd().split("\n");
  const [place, state, disk] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(place).toMatchObject({ type: "place", event: { id: 37, kind: "process/strike" } });
  expect(state).toMatchObject({ type: "state", node: "n1", isUp: false, incarnation: 1, state: null });
  expect(disk).toMatchObject({ type: "disk", node: "n1", pendingOperations: 0, files: [{ path: "log" }] });
  out = "";
  expect(await replay(...SEED_0, "--break", "fault", "--json")).toBe(1);
  const last = JSON.parse(out.trimEnd().split("\n").at(-1)!) as Record<string, unknown>;
  expect(last).toMatchObject({ type: "end", seed: 0, verdict: "fail", traceHash: "6e08eb8cb98232d9" });
});

describe("--step with commands from a file", () => {
  async function script(text: string): Promise<number> {
    vi.spyOn(process, "stdin", "get").mockReturnValue(
      Readable.from([text]) as unknown as typeof process.stdin,
    );
    return replay(...SEED_0, "--step");
  }

  test("does them in order; 0 where the end was not seen", async () => {
    expect(await script("# to the fault\ns\n\nc power-loss\nstate n1\nq\nfoo\n")).toBe(0);
    expect(out).toContain("fault power-loss@n1:1.0.0");
    expect(out).toMatch(/^n1#1 +down$/m);
  });

  test("the verdict's code where it was", async () => {
    expect(await script("c\n")).toBe(1);
    expect(out).toContain("seed 0  failed  trace 6e08eb8cb98232d9");
  });

  test("ends at the first one that makes no sense", async () => {
    expect(await script("s\nfoo\nc\n")).toBe(2);
    expect(err).toContain("command: expected one of help's, found foo");
    expect(out).not.toContain("the end of the run");
  });
});

describe("a repro file", () => {
  async function careless(): Promise<Repro> {
    const { scenario } = await loadScenario(CARELESS_LOG);
    const input = {
      scenario: CARELESS_LOG,
      parameters: new Map(),
      switches: new Map(),
      program: "seedstorm",
    };
    return (await reproOfSeed(scenario, input, 0, nodeHost()))!;
  }

  async function replayRepro(change: Partial<Repro>, ...words: string[]): Promise<number> {
    const path = join(directory, "r.json");
    writeFileSync(path, reproText({ ...(await careless()), ...change }));
    return replay(path, ...words);
  }

  test("gives the same failure and the same trace on the same code", async () => {
    expect(await replayRepro({})).toBe(1);
    expect(out).toMatch(
      /seedstorm replay \S+r\.json\nthe same failure as the repro's, and the same trace\n$/,
    );
  });

  test("says that the code is another one", async () => {
    expect(await replayRepro({ traceHash: "0123456789abcdef", seedstorm: "0.0.1" })).toBe(1);
    expect(out).toContain("by another trace, 0123456789abcdef then, 6e08eb8cb98232d9 now");
    expect(out).toContain(`the code is not what wrote this file (seedstorm 0.0.1 then, ${VERSION} now)`);
  });

  test("tells another failure", async () => {
    const { failure } = await careless();
    expect(await replayRepro({ failure: { ...failure, invariant: "careless-log/other" } })).toBe(1);
    expect(out).toContain("another failure than the repro's: careless-log/other");
  });

  test("tells that it holds now, and what of it no longer applies", async () => {
    const parameters = { gone: 3 };
    expect(await replayRepro({ faults: [], parameters, overrides: { "process/none:1": 2 } })).toBe(0);
    expect(out).toContain("the repro holds now; it failed then with careless-log/acknowledged-lost");
    expect(out).toContain("no longer applies: parameter gone=3: the scenario does not take it");
    expect(out).toContain("no longer applies: override process/none:1: nothing asked for it");
  });

  test("can't steer the terminal by what it says", async () => {
    const { failure } = await careless();
    const odd = "\u001b[2J\u0007\u009b1m";
    const change = {
      seedstorm: odd,
      failure: { ...failure, invariant: odd, place: odd },
      parameters: { [odd]: odd },
      overrides: { [`${odd}:1`]: 2 },
    };
    expect(await replayRepro(change)).toBe(1);
    expect(out).toContain("no longer applies: parameter \\u001b[2J");
    // oxlint-disable-next-line no-control-regex -- they are what must not come
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test("is looked into as a seed is", async () => {
    expect(await replayRepro({}, "--at", "fault", "--state", "n1")).toBe(0);
    expect(out).toContain("fault power-loss@n1:1.0.0");
  });
});

test("a trace goes into the file whose name asks for it", async () => {
  const path = join(directory, "t.jsonl");
  expect(await replay(...SEED_0, "--trace", path)).toBe(1);
  const [head] = readFileSync(path, "utf8").split("\n");
  expect(JSON.parse(head!)).toMatchObject({ scenario: "careless-log", seed: 0 });
});
