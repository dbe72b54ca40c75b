/** What a fuzzing session says. */
import { fileCommand, replayCommand } from "#reports/failure-line.js";
import { duration, plural, thousands, threeDigits } from "#reports/format.js";
import type { Palette } from "#reports/palette.js";
import { printable } from "#reports/printable.js";
import { table } from "#reports/table.js";
import { recordedLines, type CorpusOutcome } from "../corpus/index.js";
import type { Failure } from "./failures.js";
import type { FuzzPlan } from "./plan.js";
import type { Strand } from "./strand.js";

/** How the files of the corpus fared. */
export type CorpusCounts = Readonly<Record<CorpusOutcome, number>>;

export interface FuzzFigures {
  readonly strands: readonly Strand[];
  readonly failures: readonly Failure[];
  readonly corpus: CorpusCounts;
  /** Failing seeds beyond what is told apart. */
  readonly uncounted: number;
  readonly wallMs: number;
  /** Since the last seed that showed something new. */
  readonly nothingNewMs: number;
}

const OUTCOMES: Readonly<Record<CorpusOutcome, string>> = {
  same: "failing as before",
  otherwise: "failing otherwise",
  fixed: "fixed",
};
const STRAND_COLUMNS: readonly string[] = [
  "scenario",
  "seeds",
  "failing",
  "behaviours",
  "seen once",
  "twice",
  "new in the next 1,000",
  "worker time",
];
/** So many known failures are named at the end. */
const KNOWN_LINES = 20;

/** What runs. */
export function headText({ targets, seedBase, workers, corpus }: FuzzPlan, files: number): string {
  const names = printable(targets.map(({ scenario }) => scenario.name).join(", "));
  return (
    `fuzzing ${names}\n` +
    `  seeds from ${seedBase} on, ${plural(workers, "worker")}, corpus ${printable(corpus)} (${plural(files, "file")})\n`
  );
}

/** One line, without its newline: how far the session is. */
export function statusLine({ strands, failures, wallMs, nothingNewMs }: FuzzFigures): string {
  const seeds = sum(strands, (strand) => strand.seeds);
  const behaviours = sum(strands, ({ behaviours: { count } }) => count);
  const known = failures.filter(({ isKnown }) => isKnown).length;
  return [
    plural(seeds, "seed"),
    `${rate(seeds, wallMs)}/s`,
    `${plural(failures.length - known, "new failure")}, ${known} known`,
    `${plural(behaviours, "behaviour")}, the last new one ${duration(Math.round(nothingNewMs) * 1_000)} ago`,
  ].join(", ");
}

/** The lines below the greppable one of a failure that is new. */
export function failureDetails(failure: Failure, program: string): string {
  const lines = [
    `${printable(failure.key)}: ${printable(failure.first!.findings[0]!.message)}`,
    ...recordedLines(failure.recorded!, program),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

/** A file of the corpus whose failure is not what it was. */
export function corpusLine(path: string, outcome: CorpusOutcome, key: string, program: string): string {
  const words = outcome === "fixed" ? "holds now" : `fails otherwise: ${printable(key)}`;
  return `known failure ${words}  ${fileCommand(program, "replay", path)}\n`;
}

/** The end of a session. */
export function fuzzSummary(
  plan: FuzzPlan,
  figures: FuzzFigures,
  end: "time is up" | "interrupted" | "complete",
  palette: Palette,
): string {
  const { strands, failures, wallMs, corpus } = figures;
  const seeds = sum(strands, (strand) => strand.seeds);
  const files = corpus.same + corpus.otherwise + corpus.fixed;
  const outcomes = (Object.keys(OUTCOMES) as CorpusOutcome[])
    .filter((outcome) => corpus[outcome] > 0)
    .map((outcome) => `${thousands(corpus[outcome])} ${OUTCOMES[outcome]}`);
  return [
    "",
    `${palette.bold("fuzz")}: ${plural(seeds, "seed")} from ${plan.seedBase} on, ` +
      `${duration(Math.round(wallMs * 1_000))} on ${plural(plan.workers, "worker")}, ${rate(seeds, wallMs)} seeds/s`,
    ...(files === 0
      ? []
      : [`corpus ${printable(plan.corpus)}: ${plural(files, "file")}, ${outcomes.join(", ")}`]),
    "",
    ...table(STRAND_COLUMNS, strands.map(strandRow)),
    ...failureLines(failures, plan),
    ...verdictLines(figures, seeds, end, palette),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * The last but one is what Good and Turing expect of the next runs (Good, 1953): as many new behaviours in a run as
 * there are behaviours that one run of all showed.
 */
function strandRow({ target, seeds, failing, behaviours, busyMs }: Strand): string[] {
  const [once, twice] = [behaviours.seenIn(1), behaviours.seenIn(2)];
  const figures = [seeds, failing, behaviours.count, once, twice].map(thousands);
  const expected = seeds === 0 ? "-" : threeDigits((once / seeds) * 1_000);
  return [printable(target.scenario.name), ...figures, expected, duration(Math.round(busyMs) * 1_000)];
}

function failureLines(failures: readonly Failure[], plan: FuzzPlan): string[] {
  if (failures.length === 0) return [];
  const known = failures.filter(({ isKnown }) => isKnown);
  const more = known.length - KNOWN_LINES;
  return [
    "",
    ...failures.filter(({ isKnown }) => !isKnown).flatMap((failure) => newFailureLines(failure, plan)),
    ...known.slice(0, KNOWN_LINES).map((failure) => knownFailureLine(failure, plan)),
    ...(more > 0 ? [`  and ${plural(more, "known failure")} more`] : []),
  ];
}

function newFailureLines({ key, count, first, recorded }: Failure, plan: FuzzPlan): string[] {
  const { seed, findings, target } = first!;
  return [
    `  new: ${printable(key)}: ${plural(count, "seed")}; ${printable(target.scenario.name)} seed ${seed}: ${printable(findings[0]!.message)}`,
    `    ${replayCommand(target.input, seed)}`,
    ...recordedLines(recorded!, plan.program).map((line) => `    ${line}`),
  ];
}

function knownFailureLine({ key, count, recorded }: Failure, plan: FuzzPlan): string {
  const [replay] = recordedLines(recorded!, plan.program);
  return `  known: ${printable(key)}: ${plural(count, "more seed")}; ${replay}`;
}

function verdictLines(
  { failures, corpus, uncounted }: FuzzFigures,
  seeds: number,
  end: "time is up" | "interrupted" | "complete",
  palette: Palette,
): string[] {
  const known = failures.filter(({ isKnown }) => isKnown).length;
  const words = [
    ...(failures.length > known ? [plural(failures.length - known, "new failure")] : []),
    ...(known > 0 ? [plural(known, "known failure")] : []),
    ...(corpus.otherwise > 0
      ? [`${plural(corpus.otherwise, "file")} of the corpus that fail otherwise`]
      : []),
  ];
  return [
    "",
    ...(uncounted > 0
      ? [`${plural(uncounted, "failing seed")} of yet other failures are not told apart`]
      : []),
    ...(end === "interrupted" ? ["interrupted: the seeds above are all that is known"] : []),
    ...(words.length > 0
      ? [palette.red(words.join(", "))]
      : end === "interrupted"
        ? []
        : [palette.green(`held: ${plural(seeds, "seed")}`)]),
  ];
}

function rate(seeds: number, wallMs: number): string {
  return seeds === 0 ? "0" : threeDigits((seeds * 1_000) / Math.max(wallMs, 1));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
