/** Traces as data and as files, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { ParameterValues } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { traceWriterFor } from "#reports/traces/index.js";
import { nodeHost } from "#runner/host.js";
import { loadScenario } from "#runner/load-scenario.js";
import { scenarioPath } from "./load.js";

/** An event of `n1`, but for what is given. */
export function traceRecord(id: number, over: Partial<TraceRecord> = {}): TraceRecord {
  return {
    type: "event",
    timeUs: id,
    id,
    cause: 0,
    node: "n1",
    incarnation: 1,
    kind: "a/b",
    sizeBytes: 0,
    detail: "",
    digest: id,
    ...over,
  };
}

export function recordLines(records: readonly TraceRecord[]): string[] {
  return records.map((record) => JSON.stringify(record));
}

/** The text of a `.jsonl` file. */
export function traceText(records: readonly TraceRecord[]): string {
  const header = {
    format: "seedstorm/trace/1",
    scenario: "sample",
    seed: 1,
    seedstorm: "0.0.0",
    node: "v20",
  };
  const result = { type: "result", verdict: "pass", traceHash: "0", events: 1, simTimeUs: 1, findings: [] };
  return [JSON.stringify(header), ...recordLines(records), JSON.stringify(result), ""].join("\n");
}

/** Gives `use` the paths of files with these texts, in a directory that is gone afterwards. */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (paths: string[], directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    const paths = Object.entries(files).map(([name, text]) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    });
    return await use(paths, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The text of a trace of `relay` of this folder, or of a scenario of ours, in the format of the ending. */
export async function writtenTrace(
  name: "relay" | "raft",
  seed: number,
  ending: string,
  parameters?: ParameterValues,
): Promise<{ text: string; result: SeedResult }> {
  const { scenario } = await loadScenario(name === "relay" ? scenarioPath(name) : name);
  const writer = traceWriterFor(`trace.${ending}`, { scenario, seed, seedstorm: "0.0.0", node: "v20" });
  let text = writer.head();
  const result = await runSeed(scenario, {
    seed,
    host: nodeHost(),
    ...(parameters === undefined ? {} : { parameters }),
    onRun: (run) => writer.onRun(run),
    traceSink: (record) => void (text += writer.record(record)),
  });
  return { text: text + writer.tail(result), result };
}
