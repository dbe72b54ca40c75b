/** `npm run mutants`: see `USAGE`. Exit code 0: all caught; 1: a survivor; 2: bad usage, or a mutant that does not fit. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.js";
import { suggest } from "../input/nearest.js";
import { loadCatalogue, type Catalogue } from "./catalogue.js";
import { MutantError } from "./errors.js";
import { drawMutations, isMutated, type BuiltFile } from "./mechanical.js";
import {
  contradictions,
  readExplanations,
  tryMutation,
  type Explanations,
  type Verdict,
} from "./mechanical-trials.js";
import type { Mutant } from "./mutant.js";
import { parseOptions, USAGE, type MutantOptions } from "./options.js";
import { readRecords, recordedSeed, writeRecords } from "./records.js";
import { checkClean, firstSeeds, inLanes, searchMutant, type Hunt, type SeedsFor } from "./search.js";
import { shrinkMutant, shrunkLine, shrunkSummary, type Shrunk } from "./shrinking.js";
import { loadParser } from "./syntax.js";
import {
  huntLine,
  isCaught,
  summary,
  writeHistoric,
  writeMechanical,
  writeShrunk,
  type StudyName,
} from "./tables.js";
import { Workshop } from "./workshop.js";

const PROJECT_ROOT = join(import.meta.dirname, "../../..");
const CATALOGUE = join(PROJECT_ROOT, "test/mutants");
const DOCUMENT = join(PROJECT_ROOT, "docs/mutants.md");
/** The parts of the broker that have studies of their own. */
const GROUPS: readonly string[] = [
  "engines/broker/assignors/",
  "engines/broker/client/group/",
  "engines/broker/coordinator/",
  "engines/broker/group/",
];
const TRANSACTIONS: readonly string[] = [
  "engines/broker/client/producer/transactions.js",
  "engines/broker/log/cleaner/transactions.js",
  "engines/broker/log/transactions.js",
  "engines/broker/replica/verification.js",
  "engines/broker/server/markers.js",
  "engines/broker/server/transaction-desk.js",
  "engines/broker/transaction/",
];
/** Mutants are drawn from each of them alone. The log and its snapshots count as one engine. */
const STUDIES: readonly Study[] = [
  {
    name: "log",
    of: ["engines/wal/", "engines/snapshot/"],
    scenarios: { wal: 500, "wal-lying-disk": 500, "wal-snapshot": 500 },
  },
  {
    name: "raft",
    of: ["engines/raft/core/"],
    scenarios: {
      raft: 100,
      "raft-membership": 60,
      "raft-snapshots": 60,
      "raft-partitions": 60,
      "raft-clocks": 60,
      "raft-lab": 1,
    },
  },
  {
    name: "lsm",
    of: ["engines/lsm/"],
    scenarios: { lsm: 200, "lsm-disks": 200 },
  },
  {
    name: "btree",
    of: ["engines/btree/"],
    scenarios: { btree: 200, "btree-disks": 200 },
  },
  {
    name: "broker",
    of: [
      "engines/broker/log/",
      "engines/broker/replica/",
      "engines/broker/metadata/",
      "engines/broker/controller/",
      "engines/broker/server/",
      "engines/broker/client/",
    ],
    without: [...GROUPS, ...TRANSACTIONS],
    scenarios: {
      broker: 60,
      "broker-isr": 50,
      "broker-controller": 25,
      "broker-compaction": 25,
      reassignment: 15,
      "broker-unclean": 10,
    },
  },
  {
    name: "groups",
    of: GROUPS,
    scenarios: { groups: 60, "groups-server": 40, "groups-coordinator": 40, transactions: 15 },
  },
  {
    name: "transactions",
    of: TRANSACTIONS,
    scenarios: { transactions: 60 },
  },
];
const MECHANICAL_SEED = 1;
const MECHANICAL_COUNT = 50;

/** What mechanical mutants are drawn from, and how many seeds of which scenarios try each of them. */
interface Study {
  readonly name: StudyName;
  /** Below dist/: folders, which end in a slash, and files. */
  readonly of: readonly string[];
  /** What is in them and belongs to another study. */
  readonly without?: readonly string[];
  readonly scenarios: Readonly<Record<string, number>>;
}

type Job = (workshop: Workshop, options: MutantOptions) => Promise<boolean>;

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let workshop: Workshop | undefined;
  try {
    const options = parseOptions(args);
    if (options.mode === "help") {
      console.log(USAGE);
      return 0;
    }
    workshop = new Workshop(PROJECT_ROOT);
    disposeWhenKilled(workshop);
    const job: Job = { search, replay, mechanical, shrink }[options.mode];
    return (await job(workshop, options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof MutantError)) throw error;
    console.error(error.line);
    return 2;
  } finally {
    workshop?.dispose();
  }
}

/** Ctrl-C leaves neither copies nor child processes behind. */
function disposeWhenKilled(workshop: Workshop): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      workshop.dispose();
      process.exit(code);
    });
  }
}

async function search(workshop: Workshop, options: MutantOptions): Promise<boolean> {
  const catalogue = await loadCatalogue(CATALOGUE);
  const seeds = firstSeeds(options.maxSeeds);
  const hunts = await huntAll(workshop, catalogue, options, () => seeds);
  writeRecords(CATALOGUE, catalogue.mutants, hunts);
  if (options.only.length === 0) writeHistoric(DOCUMENT, catalogue, hunts);
  for (const { source, reason } of catalogue.notApplicable) console.log(`n/a       ${source}  ${reason}`);
  return hunts.every(isCaught);
}

async function replay(workshop: Workshop, options: MutantOptions): Promise<boolean> {
  const catalogue = await loadCatalogue(CATALOGUE);
  const records = readRecords(CATALOGUE);
  const seedsFor: SeedsFor = (mutant, { scenario }) => [recordedSeed(records, mutant, scenario)];
  const hunts = await huntAll(workshop, catalogue, options, seedsFor);
  return hunts.every(isCaught);
}

/** One after the other: each takes all cores. */
async function shrink(workshop: Workshop, { only }: MutantOptions): Promise<boolean> {
  const catalogue = await loadCatalogue(CATALOGUE);
  const records = readRecords(CATALOGUE);
  const all: Shrunk[] = [];
  for (const mutant of chosen(catalogue.mutants, only)) {
    const seed = recordedSeed(records, mutant, mutant.catchers[0]!.scenario);
    const shrunk = await shrinkMutant(workshop, mutant, seed);
    console.log(shrunkLine(shrunk));
    all.push(shrunk);
  }
  console.log(shrunkSummary(all));
  if (only.length === 0) writeShrunk(DOCUMENT, all);
  return true;
}

async function huntAll(
  workshop: Workshop,
  catalogue: Catalogue,
  { only, lanes, watchdogMs }: MutantOptions,
  seedsFor: SeedsFor,
): Promise<Hunt[]> {
  const mutants = chosen(catalogue.mutants, only);
  // Before the first seed runs: one mutant that does not fit should not cost a search of the others.
  for (const { id, edits } of mutants) workshop.remove(workshop.plantTexts(id, edits));
  const perMutant = await inLanes(lanes, mutants, async (mutant) => {
    const hunts = await searchMutant(workshop, mutant, seedsFor, watchdogMs);
    for (const hunt of hunts) console.log(huntLine(catalogue, hunt));
    return hunts;
  });
  const hunts = perMutant.flat();
  await checkClean(workshop, hunts, watchdogMs);
  console.log(
    `${hunts.filter(isCaught).length} of ${hunts.length} caught; the unmutated code passes the same seeds`,
  );
  return hunts;
}

function chosen(mutants: readonly Mutant[], only: readonly string[]): readonly Mutant[] {
  const ids = mutants.map(({ id }) => id);
  for (const id of only) {
    if (!ids.includes(id)) throw new UsageError("--only", "the id of a mutant", id, suggest(id, ids));
  }
  return only.length === 0 ? mutants : mutants.filter(({ id }) => only.includes(id));
}

async function mechanical(workshop: Workshop, options: MutantOptions): Promise<boolean> {
  const explanations = readExplanations(CATALOGUE);
  const mistakes: string[] = [];
  for (const study of STUDIES) {
    if (options.study !== undefined && options.study !== study.name) continue;
    const verdicts = await tryStudy(workshop, study, options, explanations);
    console.log(`${study.name}: ${summary(verdicts)}`);
    if (options.only.length > 0) continue;
    writeMechanical(DOCUMENT, study.name, verdicts);
    mistakes.push(...contradictions(verdicts, explanationsOf(study, explanations)));
  }
  for (const mistake of mistakes) console.log(mistake);
  return mistakes.length === 0;
}

/** Those of mutants that the study could draw: their ids begin with its files. */
function explanationsOf(study: Study, explanations: Explanations): Explanations {
  return new Map([...explanations].filter(([id]) => belongs(study, `engines/${id.split(" ", 1)[0]}`)));
}

function belongs({ of, without = [] }: Study, file: string): boolean {
  const isIn = (place: string): boolean => (place.endsWith("/") ? file.startsWith(place) : file === place);
  return of.some(isIn) && !without.some(isIn);
}

async function tryStudy(
  workshop: Workshop,
  study: Study,
  { only, lanes, maxSeeds, watchdogMs }: MutantOptions,
  explanations: Explanations,
): Promise<Verdict[]> {
  const files = builtFiles(workshop, study);
  const drawn = drawMutations(files, await loadParser(), MECHANICAL_SEED, MECHANICAL_COUNT);
  const mutations = only.length === 0 ? drawn : drawn.filter(({ id }) => only.includes(id));
  const trials = Object.entries(study.scenarios).map(
    ([scenario, seeds]) => [scenario, firstSeeds(Math.min(seeds, maxSeeds))] as const,
  );
  return inLanes(lanes, mutations, async (mutation) => {
    const verdict = await tryMutation(workshop, mutation, trials, explanations, watchdogMs);
    console.log(verdictLine(verdict));
    return verdict;
  });
}

function builtFiles(workshop: Workshop, study: Study): BuiltFile[] {
  return readdirSync(join(workshop.cleanRoot, "dist/engines"), { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => `engines/${name}`)
    .filter((file) => isMutated(file) && belongs(study, file))
    .map((file) => ({ file, text: workshop.read("(mechanical)", file) }));
}

function verdictLine({ mutation, caught, end, explanation }: Verdict): string {
  if (caught !== undefined)
    return `caught    ${mutation.id}  ${caught.scenario} seed ${caught.seed}  ${caught.invariant}`;
  if (end === "not-loaded") return `at load   ${mutation.id}`;
  return `SURVIVED  ${mutation.id}  ${explanation ?? `unexplained: ${oneLine(mutation.before)} => ${oneLine(mutation.after)}`}`;
}

function oneLine(code: string): string {
  return code.replaceAll(/\s+/g, " ").trim();
}

process.exitCode = await main(process.argv.slice(2));
