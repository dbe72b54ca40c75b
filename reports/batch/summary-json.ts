/**
 * `summary.json`: all that is known of a batch but its single seeds, complete enough that the summaries of the
 * shards of a batch can be joined into its own. docs/batches.md describes each field.
 */
import { ALL_FAULT_KINDS, type Coverage } from "#sim/faults/index.js";
import { replayCommand } from "../failure-line.js";
import type { BatchTally } from "../tally.js";
import type { BatchFacts } from "./facts.js";

/** Goes up with every change that a reader of the file must know about. */
export const SUMMARY_FORMAT = "seedstorm/summary/2";

/** The document. `seedsSha256`: of the bytes of the `seeds.csv` beside it, in hex, where there is one. */
export function summaryJson(tally: BatchTally, facts: BatchFacts, seedsSha256?: string): string {
  const text = JSON.stringify(summaryData(tally, facts, seedsSha256), null, 2);
  // A line for each number of a bucket is three quarters white space. No text has a line break of its own.
  return `${text.replaceAll(/\[\n\s+(?:-?\d+,\n\s+)*-?\d+\n\s+\]/g, onOneLine)}\n`;
}

function onOneLine(integers: string): string {
  return integers.replaceAll(/\n\s+/g, "").replaceAll(",", ", ");
}

/** The same in one line, without the hash. */
export function summaryJsonLine(tally: BatchTally, facts: BatchFacts): string {
  return `${JSON.stringify(summaryData(tally, facts))}\n`;
}

function summaryData(tally: BatchTally, facts: BatchFacts, seedsSha256?: string): object {
  const { input, range } = facts;
  return {
    format: SUMMARY_FORMAT,
    version: facts.version,
    scenario: facts.scenario,
    reference: input.scenario,
    parameters: Object.fromEntries(input.parameters),
    faults: Object.fromEntries(input.switches),
    range,
    shard: facts.shard,
    seeds: facts.seeds,
    finished: tally.seeds,
    end: facts.end,
    verdicts: tally.verdicts,
    events: tally.events,
    simTimeUs: tally.simTimeUs,
    wallMs: Math.round(facts.wallMs),
    workers: facts.workers,
    rate: facts.rate,
    ...(facts.verify === undefined ? {} : { verify: facts.verify }),
    mustReach: facts.mustReach,
    coverageSeeds: facts.coverageSeeds,
    requireCoverage: facts.requireCoverage,
    coverageJudged: facts.judged,
    vacuous: facts.vacuous,
    coverage: inStableOrder(tally.coverage),
    figures: figuresOf(tally),
    failures: failuresOf(tally, facts),
    ...(seedsSha256 === undefined ? {} : { seedsSha256 }),
  };
}

/** Not the order in which the kinds and marks first came up: a shard sees another one than the whole. */
function inStableOrder({ seeds, enabled, faults, marks }: Coverage): Coverage {
  const kinds = ALL_FAULT_KINDS.filter((kind) => enabled[kind] !== undefined || faults[kind] !== undefined);
  return {
    seeds,
    enabled: Object.fromEntries(kinds.flatMap((kind) => (enabled[kind] ? [[kind, enabled[kind]]] : []))),
    faults: Object.fromEntries(kinds.flatMap((kind) => (faults[kind] ? [[kind, faults[kind]]] : []))),
    marks: Object.fromEntries(Object.entries(marks).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function figuresOf(tally: BatchTally): object {
  return Object.fromEntries(
    tally.figures().map(({ name, firstSeed, histogram }) => {
      const { min, median, max } = tally.figure(name);
      const { width, buckets } = histogram;
      return [name, { firstSeed, min, median, max, leastCounted: histogram.min, width, histogram: buckets }];
    }),
  );
}

function failuresOf(tally: BatchTally, { input }: BatchFacts): object[] {
  return tally.failures().map(({ key, count, first }) => ({
    failure: key,
    invariant: first[0]!.findings[0]?.invariant ?? "none",
    place: first[0]!.findings[0]?.place ?? "",
    count,
    first: first.map(({ seed, verdict, findings: [finding] }) => ({
      seed,
      verdict,
      message: finding?.message ?? "",
      node: finding?.node ?? "",
      timeUs: finding?.timeUs ?? 0,
      eventId: finding?.eventId ?? 0,
      replay: replayCommand(input, seed),
    })),
  }));
}
