/** Reads what the shards wrote, and makes sure that together they are one batch. */
import { join } from "node:path";
import type { FaultSwitches } from "#sim/faults/index.js";
import type { BatchFacts } from "#reports/batch/facts.js";
import { ReportNotRead } from "#reports/batch/field.js";
import { readSummary, type Summary } from "#reports/batch/read-summary.js";
import { faultsText } from "#reports/failure-line.js";
import { UsageError } from "../errors.js";
import { SeedSequence } from "../seeds.js";

/** A shard and where it lies. */
export interface ShardResult extends Summary {
  readonly directory: string;
}

const WHERE = "<dir..>";

/** What all shards of a batch have in common. Those of a machine, such as where a module lies, may differ. */
const COMMON: readonly (readonly [what: string, of: (facts: BatchFacts) => string])[] = [
  ["scenario", ({ scenario }) => scenario],
  ["version", ({ version }) => version],
  ["parameters", ({ input }) => parametersText(input.parameters)],
  ["faults", ({ input }) => switchesText(input.switches)],
  ["seeds", ({ range }) => `${range.first}..${range.last ?? ""}`],
  ["number of shards", ({ shard }) => String(shard.of)],
  ["marks to reach", ({ mustReach }) => mustReach.join(", ")],
  ["seeds from which on coverage is judged", ({ coverageSeeds }) => String(coverageSeeds)],
  ["--require-coverage", ({ requireCoverage }) => String(requireCoverage)],
  ["--verify", ({ verify }) => String(verify !== undefined)],
];

/**
 * The shards in their order, whatever that of the directories. Throws `UsageError` where one is missing, comes
 * twice or belongs to another batch, and `ReportNotRead` where a directory holds no shard.
 */
export function readShards(directories: readonly string[], program: string): ShardResult[] {
  const shards = directories.map((directory) => {
    const path = join(directory, "summary.json");
    const summary = readSummary(path, program);
    checkSeeds(path, summary);
    return { directory, ...summary };
  });
  const [first] = shards;
  if (first === undefined) throw new UsageError(WHERE, "a directory", "none", "name one for each shard");
  for (const shard of shards) checkSameBatch(first, shard);
  const byIndex = new Map<number, ShardResult>();
  for (const shard of shards) {
    const { index, of } = shard.facts.shard;
    const twin = byIndex.get(index);
    if (twin !== undefined) {
      const found = `shard ${index}/${of} in ${twin.directory} and in ${shard.directory}`;
      throw new UsageError(WHERE, "each shard once", found, "leave one out");
    }
    byIndex.set(index, shard);
  }
  checkNoneMissing(first.facts.shard.of, byIndex);
  return [...byIndex.values()].sort((a, b) => a.facts.shard.index - b.facts.shard.index);
}

function switchesText(switches: FaultSwitches): string {
  const inOrder = [...switches].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.length === 0 ? "as drawn" : faultsText(new Map(inOrder));
}

function parametersText(parameters: ReadonlyMap<string, string | number>): string {
  const words = [...parameters].map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? "the defaults" : words.sort().join(" ");
}

function checkSameBatch(first: ShardResult, other: ShardResult): void {
  for (const [what, of] of COMMON) {
    const [expected, found] = [of(first.facts), of(other.facts)];
    if (expected === found) continue;
    throw new UsageError(
      other.directory,
      `the ${what} of ${first.directory}, ${expected}`,
      found,
      "merge shards of one batch",
    );
  }
}

/** Those that are missing may be many. */
function checkNoneMissing(of: number, byIndex: ReadonlyMap<number, ShardResult>): void {
  if (byIndex.size === of) return;
  let missing = 1;
  while (byIndex.has(missing)) missing++;
  const more = of - byIndex.size - 1;
  throw new UsageError(
    WHERE,
    `all ${of} shards`,
    `no shard ${missing}/${of}${more === 0 ? "" : `, and ${more} more missing`}`,
    "give its directory too",
  );
}

/** A summary says for itself which seeds it is about. */
function checkSeeds(path: string, { facts, finished }: Summary): void {
  const { range, shard, seeds, end, verify } = facts;
  const planned = SeedSequence.shard(range.first, range.last ?? Infinity, shard);
  const isRightPart = seeds.first === planned.first && seeds.stride === planned.stride;
  const isWhole = seeds.count === planned.length && finished === planned.length;
  const mayBeCutShort = end !== "complete" || verify?.divergent !== undefined;
  // Only joined shards that were cut short have holes.
  const hasNoHoles = finished === seeds.count || (shard.of === 1 && mayBeCutShort);
  if (isRightPart && hasNoHoles && (isWhole || (mayBeCutShort && seeds.count <= planned.length))) return;
  throw new ReportNotRead(
    path,
    `the seeds of shard ${shard.index}/${shard.of} of ${range.first}..${range.last ?? ""}`,
    `${finished} seeds, from ${seeds.first} by ${seeds.stride}`,
  );
}
