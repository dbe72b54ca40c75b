/** Reads `summary.json` back, and checks that it agrees with itself. */
import { readFileSync, statSync } from "node:fs";
import { ALL_FAULT_KINDS, FAULT_STATES, type Coverage, type FaultCounts } from "#sim/faults/index.js";
import type { RunInput } from "../failure-line.js";
import type { HistogramData } from "../histogram.js";
import { jsonDepth, MAX_JSON_DEPTH } from "../json-depth.js";
import { failureKey, type Verdict } from "../seed-report.js";
import {
  KEPT_PER_FAILURE,
  type FailingSeed,
  type FailureGroup,
  type FigurePart,
  type TallyPart,
} from "../tally.js";
import type { BatchFacts, VerifyFacts } from "./facts.js";
import { Field, ReportNotRead } from "./field.js";
import { isRateWidth, type RateData } from "./rate-series.js";
import { SUMMARY_FORMAT } from "./summary-json.js";

/** What a summary says. */
export interface Summary {
  readonly facts: BatchFacts;
  readonly tally: TallyPart;
  /** How many seeds came to a verdict. */
  readonly finished: number;
  /** Of the bytes of the `seeds.csv` beside it, in hex. */
  readonly seedsSha256: string;
}

/** `program`: how this program is called here. Throws `ReportNotRead`. */
export function readSummary(path: string, program: string): Summary {
  let text: string;
  try {
    // To read a pipe would wait until somebody writes to it.
    if (!statSync(path).isFile()) throw Object.assign(new Error(), { code: "not a plain file" });
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ReportNotRead(
      path,
      "a file that can be read",
      (error as NodeJS.ErrnoException).code ?? "an error",
    );
  }
  return parseSummary(text, path, program);
}

/** `path` names the file in errors. Throws `ReportNotRead`. */
export function parseSummary(text: string, path: string, program: string): Summary {
  const root = new Field(parsed(text, path), path);
  root.at("format").oneOf([SUMMARY_FORMAT]);
  const tally = readTally(root);
  const finished = root.at("finished").count();
  const known = Object.values(tally.verdicts).reduce((sum, count) => sum + count, 0);
  root.at("verdicts").check(known === finished, `${finished} seeds`);
  root
    .at("coverage")
    .at("seeds")
    .check(tally.coverage.seeds <= finished, "no more seeds than finished");
  const failing = tally.failures.reduce((sum, { count }) => sum + count, 0);
  root.at("failures").check(failing === finished - tally.verdicts.pass, "each failing seed once");
  const facts = readFacts(root, program);
  root.at("seeds").check(facts.seeds.count >= finished, `at least ${finished} seeds`);
  const hash = root.at("seedsSha256");
  hash.check(/^[0-9a-f]{64}$/.test(hash.text()), "64 hexadecimal digits");
  return { facts, tally, finished, seedsSha256: hash.text() };
}

function parsed(text: string, path: string): unknown {
  if (jsonDepth(text) > MAX_JSON_DEPTH) {
    throw new ReportNotRead(path, `at most ${MAX_JSON_DEPTH} levels of brackets`, "more");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ReportNotRead(path, "JSON", (error as Error).message);
  }
}

function readFacts(root: Field, program: string): BatchFacts {
  const range = root.at("range");
  const last = range.optional("last")?.count();
  const of = root.at("shard").at("of").integer(1);
  const seeds = root.at("seeds");
  const verify = root.optional("verify");
  return {
    input: readInput(root, program),
    scenario: root.at("scenario").text(),
    version: root.at("version").text(),
    mustReach: texts(root.at("mustReach")),
    coverageSeeds: root.at("coverageSeeds").integer(1),
    requireCoverage: root.at("requireCoverage").flag(),
    range: { first: range.at("first").count(), ...(last === undefined ? {} : { last }) },
    shard: { index: root.at("shard").at("index").integer(1, of), of },
    seeds: {
      first: seeds.at("first").count(),
      stride: seeds.at("stride").integer(1),
      count: seeds.at("count").count(),
    },
    end: root.at("end").oneOf(["complete", "time is up", "interrupted"]),
    wallMs: root.at("wallMs").count(),
    workers: root.at("workers").integer(1),
    rate: readRate(root.at("rate")),
    vacuous: texts(root.at("vacuous")),
    judged: root.at("coverageJudged").flag(),
    ...(verify === undefined ? {} : { verify: readVerify(verify) }),
  };
}

function readInput(root: Field, program: string): RunInput {
  const parameters = root.at("parameters").entries();
  const switches = root.at("faults").entries();
  return {
    scenario: root.at("reference").text(),
    parameters: new Map(parameters.map(([name, field]) => [name, textOrInteger(field)])),
    switches: new Map(
      switches.map(([kind, on]) => [new Field(kind, "faults").oneOf(ALL_FAULT_KINDS), on.flag()]),
    ),
    program,
  };
}

function textOrInteger(field: Field): string | number {
  return field.isText() ? field.text() : field.integer();
}

function texts(field: Field): string[] {
  return field.list().map((item) => item.text());
}

function readRate(field: Field): RateData {
  const widthMs = field.at("widthMs").integer(1);
  field.at("widthMs").check(isRateWidth(widthMs), "the width of a rate's buckets");
  return {
    widthMs,
    seeds: field
      .at("seeds")
      .list()
      .map((seeds) => seeds.count()),
  };
}

function readVerify(field: Field): VerifyFacts {
  const divergent = field.optional("divergent")?.count();
  return { same: field.at("same").count(), ...(divergent === undefined ? {} : { divergent }) };
}

function readTally(root: Field): TallyPart {
  const verdicts = root.at("verdicts");
  const count = (verdict: Verdict): number => verdicts.at(verdict).count();
  const coverage = readCoverage(root.at("coverage"));
  return {
    verdicts: { pass: count("pass"), fail: count("fail"), hung: count("hung"), died: count("died") },
    events: root.at("events").count(),
    simTimeUs: root.at("simTimeUs").count(),
    coverage,
    figures: root
      .at("figures")
      .entries()
      .map(([name, field]) => readFigure(name, field, coverage.seeds))
      // As in the tally: an object puts names that look like integers first.
      .sort((a, b) => a.firstSeed - b.firstSeed),
    failures: root.at("failures").list().map(readFailure),
  };
}

function readCoverage(field: Field): Coverage {
  const kinds = (name: string): [(typeof ALL_FAULT_KINDS)[number], Field][] =>
    field
      .at(name)
      .entries()
      .map(([kind, value]) => [new Field(kind, name).oneOf(ALL_FAULT_KINDS), value]);
  const marks = field.at("marks").entries();
  return {
    seeds: field.at("seeds").count(),
    enabled: Object.fromEntries(kinds("enabled").map(([kind, seeds]) => [kind, seeds.count()])),
    faults: Object.fromEntries(
      kinds("faults").map(([kind, counts]) => [
        kind,
        Object.fromEntries(
          FAULT_STATES.map((state) => [state, counts.at(state).count()]),
        ) as unknown as FaultCounts,
      ]),
    ),
    marks: Object.fromEntries(marks.map(([mark, times]) => [mark, times.count()])),
  };
}

function readFigure(name: string, field: Field, seeds: number): FigurePart {
  return {
    name,
    firstSeed: field.at("firstSeed").count(),
    histogram: readHistogram(field, seeds),
  };
}

function readHistogram(field: Field, seeds: number): HistogramData {
  const list = field.at("histogram");
  const buckets = list.list().map((pair): [number, number] => {
    const [value, times, ...rest] = pair.list();
    if (value === undefined || times === undefined || rest.length > 0)
      return pair.fail("a value and a count");
    return [value.integer(), times.integer(1)];
  });
  const total = buckets.reduce((sum, [, times]) => sum + times, 0);
  list.check(total > 0 && total <= seeds, `1 to ${seeds} seeds`);
  const width = field.at("width").integer(1);
  field.at("width").check(Number.isInteger(Math.log2(width)), "a power of two");
  return { min: field.at("leastCounted").integer(), max: field.at("max").integer(), width, buckets };
}

function readFailure(field: Field): FailureGroup {
  const invariant = field.at("invariant").text();
  const place = field.at("place").text();
  const count = field.at("count").integer(1);
  const first = field
    .at("first")
    .list()
    .map((kept): FailingSeed => {
      const message = kept.at("message").text();
      const node = kept.at("node").text();
      const timeUs = kept.at("timeUs").count();
      const eventId = kept.at("eventId").count();
      return {
        seed: kept.at("seed").count(),
        verdict: kept.at("verdict").oneOf(["fail", "hung", "died"]),
        findings: [{ invariant, message, node, timeUs, eventId, place }],
      };
    });
  const kept = Math.min(count, KEPT_PER_FAILURE);
  field.at("first").check(first.length === kept, `the first ${kept} seeds`);
  field.at("first").check(isAscending(first), "seeds in their order");
  const key = field.at("failure");
  key.check(key.text() === failureKey(first[0]!), `the name of ${invariant}`);
  return { key: key.text(), count, first };
}

function isAscending(seeds: readonly FailingSeed[]): boolean {
  return seeds.every(({ seed }, i) => i === 0 || seed > seeds[i - 1]!.seed);
}
