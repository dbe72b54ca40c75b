// What `seedstorm diff` prints, as a whole, over two small scenarios: vitest -u writes the files anew.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { diff, type DiffArguments } from "#runner/commands/diff.js";
import { nodeHost } from "#runner/host.js";
import { loadScenario } from "#runner/load-scenario.js";
import { reproOfSeed, reproText } from "#runner/repro/index.js";
import { TraceFile } from "#runner/trace-files.js";
import { runSeed } from "#sim/run-seed.js";
import { scenarioPath } from "../support/load.js";
import { keptOutput } from "../support/outputs.js";
import { withFiles } from "../support/traces.js";

const RELAY = scenarioPath("relay");
const CARELESS = fileURLToPath(new URL("../../docs/examples/careless-log.mjs", import.meta.url));
const SIGNAL = new AbortController().signal;

async function run(args: DiffArguments, signal = SIGNAL): Promise<{ code: number; out: string }> {
  const output = keptOutput();
  const code = await diff(args, output, signal);
  return { code, out: output.texts.out };
}

/** Without what differs from machine to machine, and trace hashes, which any change of the simulator changes. */
function plain(out: string): string {
  return out
    .replaceAll(RELAY, "relay.mjs")
    .replaceAll(CARELESS, "careless-log.mjs")
    .replaceAll(/trace [0-9a-f]{16}/g, "trace ...");
}

function golden(name: string): string {
  return join(import.meta.dirname, "golden", `${name}.txt`);
}

describe("without a fault", () => {
  test("a failure that needs it: where, who noticed, which answers", async () => {
    const { code, out } = await run({ first: RELAY, seed: "3", without: "message-loss" });
    expect(code).toBe(1);
    await expect(plain(out)).toMatchFileSnapshot(golden("diff-relay-without"));
  });

  test("a power loss under a careless log", async () => {
    const { code, out } = await run({ first: `${CARELESS}:2`, without: "power-loss", context: "1" });
    expect(code).toBe(1);
    await expect(plain(out)).toMatchFileSnapshot(golden("diff-careless-without"));
  });

  test("one of several: it fails all the same", async () => {
    const { code, out } = await run({ first: `${RELAY}:3`, without: "message-loss@b:1.0.1" });
    expect(code).toBe(1);
    expect(out).toMatch(/\nwithout message-loss@b:1\.0\.1: it fails all the same\n$/);
    expect(out).toContain("  a  hand over 1  A: no answer  B: took 1\n");
  });

  test("only the named faults are missing, the others strike in the same way", async () => {
    const { out } = await run({ first: `${RELAY}:3`, without: "message-loss@b:1.0.1", json: true });
    const { outcome } = JSON.parse(out) as { outcome: { faults: { id: string }[][] } };
    expect(outcome.faults.map((side) => side.map(({ id }) => id))).toEqual([["message-loss@b:1.0.1"], []]);
  });

  test.each([
    [{ without: "message-loss@b:1.0.9" }, "did you mean message-loss@b:1.0.1?"],
    [{ without: "mesage-loss" }, "did you mean message-loss?"],
    [{ without: "message-loss,crash" }, "found crash"],
    [{ without: "message-loss," }, "expected ids or kinds of faults"],
    [{ without: "message-loss", second: `${RELAY}:4` }, "found it beside two"],
    [{}, "name the other one"],
    [{ second: RELAY }, "expected a trace (.jsonl), a repro (.json) or scenario:seed"],
    [{ second: `${RELAY}:1`, seed: "3" }, "found it beside two"],
    [{ without: "message-loss", seed: "3" }, "expected one seed"],
    [{ second: "x.jsonl", context: "-1" }, "--context"],
    [{ second: "x.jsonl" }, "ENOENT"],
  ])("%j is refused", async (over, message) => {
    await expect(run({ first: `${RELAY}:3`, ...over })).rejects.toThrow(message);
  });

  test("a recorded trace can't be run again, and takes no parameters", async () => {
    await expect(run({ first: "x.jsonl", without: "crash" })).rejects.toThrow("name a repro or raft:42");
    const args = { first: "x.jsonl", second: "y.json", param: ["a=1"] };
    await expect(run(args)).rejects.toThrow("found it beside files");
  });
});

describe("two sides", () => {
  test("the same run is the same, by seed, by repro and by its recorded trace", async () => {
    const { scenario } = await loadScenario(RELAY);
    const input = { scenario: RELAY, parameters: new Map(), switches: new Map(), program: "seedstorm" };
    const repro = reproText((await reproOfSeed(scenario, input, 3, nodeHost()))!);
    await withFiles({ "relay.json": repro }, async ([path], directory) => {
      const trace = join(directory, "relay.jsonl");
      const file = new TraceFile(trace, scenario, 3);
      const onRun = file.onRun.bind(file);
      file.end(await runSeed(scenario, { seed: 3, host: nodeHost(), onRun, traceSink: (r) => file.add(r) }));
      for (const [first, second] of [
        [`${RELAY}:3`, `${RELAY}:3`],
        [`${RELAY}:3`, path!],
        [trace, path!],
        [trace, trace],
      ] as const) {
        const { code, out } = await run({ first, second });
        expect(out).toMatch(/\n\nthe same\n$/);
        expect(code).toBe(0);
      }
      const { out: ofRepro } = await run({ first: path!, without: "message-loss" });
      expect(ofRepro).toContain("\n   the same failure as the repro's, and the same trace\n");
      expect(ofRepro).toMatch(/\nwithout message-loss \(3 faults\): it holds\n$/);
      const { out } = await run({ first: trace, second: `${RELAY}:3` });
      expect(out).toContain(`   relay, seed 3, seedstorm `);
      const lines = readFileSync(trace, "utf8").trimEnd().split("\n");
      expect(lines.map((line) => Object.keys(JSON.parse(line) as object)[0])).toEqual([
        "format",
        ...Array<string>(lines.length - 1).fill("type"),
      ]);
    });
  });

  test("parameters go to the scenarios", async () => {
    const sides = { first: `${RELAY}:3`, second: `${RELAY}:4`, param: ["numbers=2"], json: true };
    const { code, out } = await run(sides);
    expect(code).toBe(1);
    const {
      same,
      sides: described,
      outcome,
    } = JSON.parse(out) as {
      same: boolean;
      sides: { name: string; header: { seed: number } }[];
      outcome: { compared: number };
    };
    expect(same).toBe(false);
    expect(described.map(({ header }) => header.seed)).toEqual([3, 4]);
    expect(outcome.compared).toBe(2);
  });

  test.each(["before it began", "in the middle"])("interrupted %s, it says nothing", async (when) => {
    const controller = new AbortController();
    // The host breathes every few thousand events; this run has five times as many.
    if (when === "in the middle") setImmediate(() => controller.abort());
    else controller.abort();
    const trouble = scenarioPath("trouble");
    const sides = { first: `${trouble}:3`, second: `${trouble}:4`, param: ["sleeps=6000"] };
    expect(await run(sides, controller.signal)).toEqual({ code: 130, out: "" });
  });
});
