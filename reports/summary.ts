/** What a batch says at its end, in words. */
import { ALL_FAULT_KINDS, FAULT_STATES } from "#sim/faults/index.js";
import { batchVerdict, type BatchFacts } from "./batch/facts.js";
import { failureLine, replayCommand, type RunInput } from "./failure-line.js";
import { duration, plural, thousands, threeDigits } from "./format.js";
import { printable } from "./printable.js";
import { PLAIN, type Palette } from "./palette.js";
import { table } from "./table.js";
import { KEPT_PER_FAILURE, type BatchTally } from "./tally.js";

/** The lines, each with its newline. `notes`: lines to put below a failure, by its key. */
export function summaryText(
  tally: BatchTally,
  facts: BatchFacts,
  palette: Palette = PLAIN,
  notes: ReadonlyMap<string, readonly string[]> = new Map(),
): string {
  return [
    ...headline(tally, facts, palette),
    ...failureLines(tally, facts, notes),
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
    `${palette.bold(facts.scenario)}: ${plural(tally.seeds, "seed")} (${seedsInWords(tally, facts)}), ${verdicts.join(", ")}`,
    `  ${duration(Math.round(seconds * 1e6))} on ${plural(facts.workers, "worker")}, ${rate}; ` +
      `${plural(tally.events, "event")}, ${duration(tally.simTimeUs)} simulated`,
  ];
}

/** As `0..999`, `3..999 by 4`, or `some of 0..999`. */
export function seedsInWords(tally: BatchTally, { seeds: { first, stride, count } }: BatchFacts): string {
  if (count === 0) return "none";
  const span = `${first}..${first + stride * (count - 1)}${stride === 1 ? "" : ` by ${stride}`}`;
  return tally.seeds < count ? `some of ${span}` : span;
}

function failureLines(
  tally: BatchTally,
  facts: BatchFacts,
  notes: ReadonlyMap<string, readonly string[]>,
): string[] {
  return tally.failures().flatMap(({ key, count, first }) => {
    const [report] = first;
    const more = count > KEPT_PER_FAILURE ? `, the first ${KEPT_PER_FAILURE} above` : "";
    return [
      `  ${printable(key)}: ${plural(count, "seed")}${more}; seed ${report!.seed}: ${printable(report!.findings[0]?.message ?? "")}`,
      `    ${replayCommand(facts.input, report!.seed)}`,
      ...(notes.get(key) ?? []).map((line) => `    ${line}`),
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
    const states = FAULT_STATES.map((state) => faults[kind]?.[state] ?? 0);
    return [kind, ...[enabled[kind]!, ...states].map(thousands)];
  });
  const header = ["fault", "seeds", ...FAULT_STATES];
  return rows.length === 0 ? [] : ["", ...table(header, rows)];
}

function markLines(tally: BatchTally, facts: BatchFacts): string[] {
  const rows = marksOf(tally, facts).map(({ name, times, missing }) => [
    printable(name),
    thousands(times),
    missing ? "missing" : "",
  ]);
  if (rows.length === 0) return [];
  return ["", ...table(["mark", "reached", ""], rows)];
}

/** A mark, and how often it was reached. */
export interface MarkCount {
  readonly name: string;
  readonly times: number;
  /** Whether the scenario says that a large enough batch reaches it. */
  readonly required: boolean;
  readonly missing: boolean;
}

/** The marks that must be reached, in the scenario's order, then the others by name. */
export function marksOf(tally: BatchTally, { mustReach }: BatchFacts): MarkCount[] {
  const { marks } = tally.coverage;
  const names = [...new Set([...mustReach, ...Object.keys(marks).sort()])];
  return names.map((name) => {
    const required = mustReach.includes(name);
    return { name, times: marks[name] ?? 0, required, missing: required && marks[name] === undefined };
  });
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
  else if (batchVerdict(tally, facts) === "held")
    lines.push(palette.green(`held: ${plural(tally.seeds, "seed")}`));
  return lines;
}

/** The failing seeds that are kept, one greppable line each. */
export function failureListing(tally: BatchTally, input: RunInput): string {
  return tally
    .failures()
    .flatMap((group) => group.first.map((report) => `${failureLine(report, input)}\n`))
    .join("");
}
