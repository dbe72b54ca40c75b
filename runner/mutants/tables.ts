/** The tables of mutants: lines for the terminal, and the sections of docs/mutants.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describeSource, type Catalogue } from "./catalogue.js";
import type { Catcher } from "./mutant.js";
import type { Hunt } from "./search.js";
import { failureKeyOf } from "../repro/index.js";
import { figuresOf, shrunkSummary, type Shrunk } from "./shrinking.js";
import type { Verdict } from "./mechanical-trials.js";
import type { TrialEnd } from "./trial.js";

const TITLE = `# Mutants

Mistakes that were planted into copies of the built engines, and what caught them. Written by
\`npm run mutants\`, also with \`--mechanical\` and \`--shrink\`; do not edit.
`;

/** True where the check that the catalogue names has fired. */
export function isCaught({ trial }: Hunt): boolean {
  return trial.end === "caught";
}

/** One line for the terminal. */
export function huntLine({ bugs }: Catalogue, hunt: Hunt): string {
  const { mutant, catcher, trial } = hunt;
  const cpu = `${trial.cpuSeconds.toFixed(1)} s`;
  const source = describeSource(bugs, mutant.source);
  if (trial.caught !== undefined) {
    const { invariant, seed } = trial.caught;
    return `caught    ${mutant.id}  ${catcher.scenario} seed ${seed}  ${invariant}  ${cpu}  (${source})`;
  }
  return `SURVIVED  ${mutant.id}  ${catcher.scenario}  ${whyNot(trial)}  ${cpu}  (${source})`;
}

/** Why a mutant counts as not caught. */
export function whyNot(trial: TrialEnd): string {
  if (trial.end === "not-loaded") return `not loaded: ${trial.reason}`;
  const others = [...trial.others].map(([invariant, seeds]) => `${invariant} in ${seeds}`).join(", ");
  const first =
    trial.firstOther === undefined
      ? ""
      : `; first: seed ${trial.firstOther.seed}: ${trial.firstOther.message}`;
  return `none in ${trial.seedsTried} seeds${others === "" ? "" : `, but ${others}${first}`}`;
}

/** The scenario, and how its storm was steered: `wal policy=none +torn-write`. */
function stormOf({ scenario, parameters = {}, faults = {} }: Catcher): string {
  const values = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const kinds = Object.entries(faults).map(([kind, isOn]) => `${isOn ? "+" : "-"}${kind}`);
  return [scenario, ...values, ...kinds].join(" ");
}

/** Writes the section of the historic mutants, and leaves the other as it is. */
export function writeHistoric(path: string, catalogue: Catalogue, hunts: readonly Hunt[]): void {
  const rows = hunts.map(({ mutant, catcher, trial }) => [
    `\`${mutant.id}\``,
    mutant.title,
    describeSource(catalogue.bugs, mutant.source),
    stormOf(catcher),
    trial.caught === undefined ? "**survived**" : `\`${trial.caught.invariant}\``,
    trial.caught === undefined ? `none in ${trial.seedsTried}` : String(trial.caught.seed),
    trial.cpuSeconds.toFixed(1),
  ]);
  const caught = hunts.filter(isCaught).length;
  const excused = catalogue.notApplicable.map(({ source, reason }) => [
    describeSource(catalogue.bugs, source),
    catalogue.bugs.find(({ id }) => id === source)?.title ?? "",
    reason,
  ]);
  writeSection(path, "historic", [
    "## Historic mistakes",
    "",
    `${caught} of ${hunts.length} caught by the check that the catalogue names for them. Seeds are tried from 1 on, so the`,
    "seed is also the number of seeds tried; behind a scenario stand the parameters and the kinds of fault that were",
    "set for it. CPU seconds include loading the code. The unmutated code passes each of these seeds.",
    "",
    markdown(["mutant", "mistake", "happened", "scenario", "caught by", "seed", "CPU s"], rows),
    "",
    "### Not applicable",
    "",
    markdown(["happened", "mistake", "why it can't be planted here"], excused),
  ]);
}

/** Writes the section of what the failures shrink to, and leaves the others as they are. */
export function writeShrunk(path: string, all: readonly Shrunk[]): void {
  const rows = all.map((shrunk) => {
    const { faults, operations, acts, seconds } = figuresOf(shrunk);
    return [
      `\`${shrunk.mutant.id}\``,
      `\`${failureKeyOf(shrunk.repro.failure)}\``,
      ...[faults, operations, acts].map(String),
      seconds.toFixed(1),
    ];
  });
  writeSection(path, "shrunk", [
    "## What their failures shrink to",
    "",
    shrunkSummary(all),
    "Acts are what operators do: leadership handed over, members changed, a leader cut off. Seconds are those of",
    "`seedstorm shrink` as a whole, on two cores.",
    "",
    markdown(["mutant", "failure", "faults", "operations", "acts", "s"], rows),
  ]);
}

/** What mechanical mutants were drawn from; each has a section of its own. */
export type StudyName = "log" | "raft" | "lsm" | "btree" | "broker" | "groups" | "transactions";

const STUDY_TITLES: Readonly<Record<StudyName, string>> = {
  log: "Mechanical mutants of the log and its snapshots",
  raft: "Mechanical mutants of Raft's core",
  lsm: "Mechanical mutants of the LSM tree",
  btree: "Mechanical mutants of the B-tree",
  broker: "Mechanical mutants of the broker",
  groups: "Mechanical mutants of consumer groups",
  transactions: "Mechanical mutants of transactions",
};

export const STUDY_NAMES: readonly StudyName[] = Object.keys(STUDY_TITLES) as StudyName[];

/** Writes the section of a study's mechanical mutants, and leaves the others as they are. */
export function writeMechanical(path: string, study: StudyName, verdicts: readonly Verdict[]): void {
  const rows = verdicts.map(({ mutation, caught, end, explanation, seedsTried, cpuSeconds }) => [
    `\`${mutation.id}\``,
    `${code(mutation.before)} → ${code(mutation.after)}`,
    caught === undefined ? (end === "not-loaded" ? "killed at load" : "survived") : `\`${caught.invariant}\``,
    caught === undefined ? (explanation ?? (end === "not-loaded" ? "" : "**unexplained**")) : "",
    caught === undefined ? `none in ${seedsTried}` : `${caught.scenario} ${caught.seed}`,
    cpuSeconds.toFixed(1),
  ]);
  writeSection(path, `mechanical-${study}`, [
    `## ${STUDY_TITLES[study]}`,
    "",
    summary(verdicts),
    "",
    markdown(["mutant", "edit", "caught by", "why it survives", "seed", "CPU s"], rows),
  ]);
}

/** How many ended how. */
export function summary(verdicts: readonly Verdict[]): string {
  const caught = verdicts.filter((verdict) => verdict.caught !== undefined).length;
  const atLoad = verdicts.filter((verdict) => verdict.end === "not-loaded").length;
  const survived = verdicts.length - caught - atLoad;
  return `${verdicts.length} drawn: ${caught} caught, ${atLoad} killed at load, ${survived} survived.`;
}

/** Sections stand between markers, so that one tool run can rewrite its own alone. */
function writeSection(path: string, name: string, lines: readonly string[]): void {
  const sections = new Map([
    ["historic", ""],
    ["shrunk", ""],
    ...STUDY_NAMES.map((study): [string, string] => [`mechanical-${study}`, ""]),
  ]);
  const old = existsSync(path) ? readFileSync(path, "utf8") : "";
  for (const each of sections.keys()) {
    const [start, end] = [old.indexOf(`<!-- ${each} -->`), old.indexOf(`<!-- /${each} -->`)];
    if (start >= 0 && end > start) sections.set(each, old.slice(start, end + `<!-- /${each} -->`.length));
  }
  sections.set(name, `<!-- ${name} -->\n\n${lines.join("\n")}\n\n<!-- /${name} -->`);
  const body = [...sections.values()].filter((section) => section !== "").join("\n\n");
  writeFileSync(path, `${TITLE}\n${body}\n`);
}

/** A table with columns as wide as their widest cell, which is how the formatter wants it. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")),
  );
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}

/** Code as a Markdown span; long pieces are cut short. */
function code(text: string): string {
  const short = text.replaceAll(/\s+/g, " ").trim();
  return `\`${(short.length > 70 ? `${short.slice(0, 67)}...` : short).replaceAll("`", "'") || " "}\``;
}
