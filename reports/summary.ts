/** What a batch says at its end, to people and, as `summary.json`, to tools. */
import { ALL_FAULT_KINDS } from "#sim/faults/index.js";
import { failureLine, replayCommand, type RunInput } from "./failure-line.js";
import { duration, plural, thousands, threeDigits } from "./format.js";
import { printable } from "./printable.js";
import { PLAIN, type Palette } from "./palette.js";
import { table } from "./table.js";
import { KEPT_PER_INVARIANT, type BatchTally } from "./tally.js";

/** What a summary needs beside the tally. */
export interface BatchFacts {
  readonly input: RunInput;
  /** The scenario's own name. */
  readonly scenario: string;
  readonly mustReach: readonly string[];
  /** The seeds that are done: `count` of them from `first` on, each `stride` after the one before. */
  readonly seeds: { readonly first: number; readonly stride: number; readonly count: number };
  readonly end: "complete" | "time is up" | "interrupted";
  readonly wallMs: number;
  readonly workers: number;
  /** Why the batch is vacuous; empty where it is not, or was not judged. */
  readonly vacuous: readonly string[];
  readonly judged: boolean;
  /** What running the seeds a second time gave, where that was asked for. */
  readonly verify?: {
    /** Seeds with the same trace both times. */
    readonly same: number;
    /** The first seed with another trace. */
    readonly divergent?: number;
  };
}

/** The lines, each with its newline. */
export function summaryText(tally: BatchTally, facts: BatchFacts, palette: Palette = PLAIN): string {
  return [
    ...headline(tally, facts, palette),
    ...failureLines(tally, facts),
    ...figureLines(tally),
    ...faultLines(tally),
    ...markLines(tally, facts),
    ...verdictLines(tally, facts, palette),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function headline(tally: BatchTally, facts: BatchFacts, palette: Palette): string[] {
  const seconds = Math.max(facts.wallMs, 1) / 1_000;
  const verdicts = Object.entries(tally.verdicts)
    .filter(([verdict, count]) => count > 0 || verdict === "pass")
    .map(([verdict, count]) => `${thousands(count)} ${verdict}`);
  const rate = `${threeDigits(tally.seeds / seconds)} seeds/s`;
  return [
    `${palette.bold(facts.scenario)}: ${plural(tally.seeds, "seed")} (${seedsInWords(facts.seeds)}), ${verdicts.join(", ")}`,
    `  ${duration(Math.round(seconds * 1e6))} on ${plural(facts.workers, "worker")}, ${rate}; ` +
      `${plural(tally.events, "event")}, ${duration(tally.simTimeUs)} simulated`,
  ];
}

function seedsInWords({ first, stride, count }: BatchFacts["seeds"]): string {
  if (count === 0) return "none";
  return `${first}..${first + stride * (count - 1)}${stride === 1 ? "" : ` by ${stride}`}`;
}

function failureLines(tally: BatchTally, facts: BatchFacts): string[] {
  return tally.failures().flatMap(({ invariant, count, first }) => {
    const [report] = first;
    const more = count > KEPT_PER_INVARIANT ? `, the first ${KEPT_PER_INVARIANT} above` : "";
    return [
      `  ${printable(invariant)}: ${plural(count, "seed")}${more}; seed ${report!.seed}: ${printable(report!.findings[0]?.message ?? "")}`,
      `    ${replayCommand(facts.input, report!.seed)}`,
    ];
  });
}

function figureLines(tally: BatchTally): string[] {
  if (tally.coverage.seeds === 0) return [];
  const rows = tally.figureNames().map((name) => {
    const { min, median, max, exact } = tally.figure(name);
    return [printable(name), thousands(min), `${exact ? "" : "~"}${thousands(median)}`, thousands(max)];
  });
  return rows.length === 0 ? [] : ["", ...table(["per seed", "min", "median", "max"], rows)];
}

function faultLines(tally: BatchTally): string[] {
  const { enabled, faults } = tally.coverage;
  const rows = ALL_FAULT_KINDS.filter((kind) => enabled[kind] !== undefined).map((kind) => {
    const counts = faults[kind] ?? { planned: 0, refused: 0, injected: 0, reached: 0, changed: 0 };
    const { planned, refused, injected, reached, changed } = counts;
    return [kind, ...[enabled[kind]!, planned, refused, injected, reached, changed].map(thousands)];
  });
  const header = ["fault", "seeds", "planned", "refused", "injected", "reached", "changed"];
  return rows.length === 0 ? [] : ["", ...table(header, rows)];
}

function markLines(tally: BatchTally, facts: BatchFacts): string[] {
  const { marks } = tally.coverage;
  const names = [...new Set([...facts.mustReach, ...Object.keys(marks)])];
  if (names.length === 0) return [];
  const rows = names.map((name) => [
    printable(name),
    thousands(marks[name] ?? 0),
    facts.mustReach.includes(name) && marks[name] === undefined ? "missing" : "",
  ]);
  return ["", ...table(["mark", "reached", ""], rows)];
}

function verdictLines(tally: BatchTally, facts: BatchFacts, palette: Palette): string[] {
  const lines = [""];
  const { verify } = facts;
  if (verify !== undefined)
    lines.push(`verified: ${plural(verify.same, "seed")} ran again with the same trace`);
  if (verify?.divergent !== undefined) lines.push(palette.red(`not deterministic: seed ${verify.divergent}`));
  for (const line of facts.vacuous) lines.push(`${palette.yellow("vacuous")}: ${printable(line)}`);
  if (!facts.judged) lines.push("coverage not judged: the batch is too small or was cut short");
  if (facts.end !== "complete") lines.push(`${facts.end}: the seeds above are all that is known`);
  if (tally.failing > 0) lines.push(palette.red(`${plural(tally.failing, "seed")} failed`));
  // What was cut short by hand proves nothing.
  else if (facts.end !== "interrupted" && facts.vacuous.length === 0 && verify?.divergent === undefined)
    lines.push(palette.green(`held: ${plural(tally.seeds, "seed")}`));
  return lines;
}

/** The same as data. Histograms and coverage are complete, so that the summaries of shards can be joined. */
export function summaryJson(tally: BatchTally, facts: BatchFacts): string {
  const { input } = facts;
  const summary = {
    format: "seedstorm/summary/1",
    scenario: facts.scenario,
    parameters: Object.fromEntries(input.parameters),
    faults: Object.fromEntries(input.switches),
    seeds: facts.seeds,
    finished: tally.seeds,
    end: facts.end,
    verdicts: tally.verdicts,
    events: tally.events,
    simTimeUs: tally.simTimeUs,
    wallMs: Math.round(facts.wallMs),
    workers: facts.workers,
    ...(facts.verify === undefined ? {} : { verify: facts.verify }),
    coverageJudged: facts.judged,
    vacuous: facts.vacuous,
    coverage: tally.coverage,
    figures: Object.fromEntries(
      tally.figureNames().map((name) => {
        const { min, median, max, exact } = tally.figure(name);
        return [name, { min, median, max, exact, histogram: tally.histogram(name).entries() }];
      }),
    ),
    failures: tally.failures().map(({ invariant, count, first }) => ({
      invariant,
      count,
      first: first.map((report) => ({
        seed: report.seed,
        message: report.findings[0]?.message ?? "",
        replay: replayCommand(input, report.seed),
      })),
    })),
  };
  return `${JSON.stringify(summary, null, 2)}\n`;
}

/** The failing seeds that are kept, one greppable line each. */
export function failureListing(tally: BatchTally, input: RunInput): string {
  return tally
    .failures()
    .flatMap((group) => group.first.map((report) => `${failureLine(report, input)}\n`))
    .join("");
}
