/** Makes a repro smaller as long as the same invariant breaks. The result depends on nothing but the repro. */
import type { Repro } from "../repro/index.js";
import {
  cuts,
  listOf,
  listsOf,
  withFaults,
  withLeastSwarm,
  withOverride,
  withPart,
  type Cut,
} from "./candidates.js";
import { identityOf } from "./identity.js";
import type { Candidate, Judge, Judged } from "./judge.js";
import { placesOf, smaller, smallerPart } from "./numbers.js";
import { SCOPES, smallScope } from "./small-scope.js";
import { anywhere, atFirstChance, earlier, scaled } from "./strikes.js";

/** Answers that may all be benign at once: then messages and disks are as fast as can be, and so on. */
const CALM_SITES = [
  "process/buggify",
  "network/latency",
  "disk/latency",
  "network/slow",
  "network/clog",
  "network/hold-back",
  "network/copy-delay",
  "network/partition-length",
  "process/pause",
  "process/strike-during",
  "disk/write-back-how",
  "disk/evict-how",
  "disk/power-loss-how",
];

/** Events that the searches of small scopes may take each: before all else, and after it. */
const FIRST_SEARCH_EVENTS = 200_000;
const LAST_SEARCH_EVENTS = 300_000;
const MAX_TRIES = 2_000;
/** Of runs that are longer, or hold more, only what is worth its time is tried. */
const SHORT_EVENTS = 400;
const COARSE_PARTS = 8;
const FEW_ELEMENTS = 12;

export interface ShrinkListener {
  /** Called whenever it got smaller. */
  onSmaller(best: Judged, doing: string): void;
  /** Whether to stop now, with the best so far. */
  isOver(): boolean;
}

export interface ShrinkOptions {
  /** So many events may be spent on candidates. */
  readonly eventBudget: number;
}

export class Shrinker {
  readonly #judge: Judge;
  readonly #listener: ShrinkListener;
  readonly #eventBudget: number;
  /** What was tried in vain, or is the best. */
  readonly #seen: Set<string> = new Set();
  #best: Judged;
  #events = 0;
  #tried = 0;
  /** Of the present phase. */
  #limit: number;

  /** `start`: as a judge found it. */
  constructor(start: Judged, judge: Judge, listener: ShrinkListener, options: ShrinkOptions) {
    this.#best = start;
    this.#judge = judge;
    this.#listener = listener;
    this.#eventBudget = options.eventBudget;
    this.#limit = options.eventBudget;
    this.#seen.add(identityOf(start.repro));
  }

  /** The smallest repro that was found. */
  get best(): Judged {
    return this.#best;
  }

  /** Candidates up to those that were taken: the same however many are tried at a time. */
  get tried(): number {
    return this.#tried;
  }

  /** Whether the budget was too small to try everything. */
  get isSpent(): boolean {
    return this.#events >= this.#limit;
  }

  /** Resolves once nothing gets smaller any more, the budget is spent, or the listener says that it is over. */
  async run(): Promise<void> {
    await this.#try("no faults at all", [withFaults(this.#repro, [])]);
    await this.#leaveOutKinds();
    await this.#smallerParts();
    await this.#searchSmallScope(FIRST_SEARCH_EVENTS);
    // Where it does not get far by then, the last search gets further.
    this.#limit = this.#eventBudget - LAST_SEARCH_EVENTS;
    await this.#untilNothingHelps();
    this.#limit = this.#eventBudget;
    while (await this.#isSmallerInSmallScope());
    await this.#untilNothingHelps();
    await this.#plainer();
    await this.#leaveOut();
    await this.#rounder();
  }

  get #repro(): Repro {
    return this.#best.repro;
  }

  get #isOver(): boolean {
    return this.isSpent || this.#listener.isOver();
  }

  async #untilNothingHelps(): Promise<void> {
    let before: Judged;
    do {
      before = this.#best;
      await this.#smallerParts();
      await this.#leaveOut(COARSE_PARTS);
      await this.#again("strikes by their calls", () => atFirstChance(this.#repro, this.#best.nodes));
      await this.#leaveOut();
      if (this.#isShort) await this.#again("earlier strikes", () => earlier(this.#repro, this.#best.nodes));
      if (this.#isShort) await this.#again("strikes elsewhere", () => this.#oneLess());
    } while (this.#best !== before && !this.#isOver);
  }

  get #isShort(): boolean {
    return this.#repro.events <= SHORT_EVENTS;
  }

  /** First, since less of anything else does for a shorter storm, or a smaller file. */
  async #smallerParts(): Promise<void> {
    for (const name of Object.keys(this.#repro.plan)) {
      await this.#again("smaller parts", () => smallerPart(this.#repro, name));
    }
  }

  /** All faults of a kind at once: what is left tells which kinds matter. */
  async #leaveOutKinds(): Promise<void> {
    for (const kind of new Set(this.#repro.faults.map((fault) => fault.kind))) {
      const left = this.#repro.faults.filter((fault) => fault.kind !== kind);
      await this.#try("fewer kinds of faults", [withLeastSwarm(withFaults(this.#repro, left))]);
    }
  }

  /**
   * Delta debugging (Zeller and Hildebrandt, 2002) of all lists at a time: halves of each, then quarters, down to
   * single elements. What is large is cut down soon, and all that is tried after it costs less.
   */
  async #leaveOut(maxParts: number = Infinity): Promise<void> {
    let before: number;
    let parts = 1;
    do {
      before = this.#longest();
      await this.#leaveOutFaults(parts);
      for (const name of listsOf(this.#repro)) await this.#leaveOutElements(name, parts);
      parts *= 2;
    } while (parts < 2 * before && parts <= maxParts && !this.#isOver);
  }

  #longest(): number {
    const { plan, faults } = this.#repro;
    return Math.max(faults.length, ...listsOf({ plan }).map((name) => listOf(plan, name).length));
  }

  async #leaveOutFaults(parts: number): Promise<void> {
    await this.#cutOut(
      "fewer faults",
      parts,
      () => this.#repro.faults,
      ({ left }) => [withLeastSwarm(withFaults(this.#repro, left)), withFaults(this.#repro, left)],
    );
  }

  async #leaveOutElements(name: string, parts: number): Promise<void> {
    await this.#cutOut(
      `fewer ${name}`,
      parts,
      () => listOf(this.#repro.plan, name),
      (cut) => this.#without(name, cut),
    );
  }

  /** Without these elements; the strikes where they are, and where as many operations less put them. */
  #without(name: string, cut: Cut<unknown>): Repro[] {
    const all = listOf(this.#repro.plan, name).length;
    const plain = withPart(this.#repro, name, cut.left);
    const permille = Math.trunc((1_000 * cut.left.length) / all);
    const waiting = withPart(this.#repro, name, waitingInstead(listOf(this.#repro.plan, name), cut));
    const { nodes } = this.#best;
    return [waiting, plain, scaled(plain, nodes, permille), scaled(plain, nodes, (1_000 + permille) >> 1)];
  }

  /** Cuts pieces of one size out of a list for as long as that works; so many make up the whole. */
  async #cutOut<T>(
    doing: string,
    parts: number,
    list: () => readonly T[],
    candidatesOf: (cut: Cut<T>) => readonly Repro[],
  ): Promise<void> {
    const chunk = Math.ceil(list().length / parts);
    let below = list().length;
    while (list().length > 0 && (await this.#try(doing, flatten(cuts(list(), chunk, below), candidatesOf)))) {
      below = Math.min(below, list().length);
    }
  }

  /** Without one more element or fault, and a strike at whatever call. */
  *#oneLess(): Iterable<Repro> {
    const { nodes } = this.#best;
    for (const { left } of cuts(this.#repro.faults, 1)) yield* anywhere(withFaults(this.#repro, left), nodes);
    for (const name of listsOf(this.#repro)) {
      const list = listOf(this.#repro.plan, name);
      if (list.length > FEW_ELEMENTS) continue;
      for (const { left } of cuts(list, 1)) yield* anywhere(withPart(this.#repro, name, left), nodes);
    }
  }

  /** Whether a search and what can be made of its find gave something smaller. If not, all is as before. */
  async #isSmallerInSmallScope(): Promise<boolean> {
    const before = this.#best;
    if (!(await this.#searchSmallScope(LAST_SEARCH_EVENTS))) return false;
    await this.#untilNothingHelps();
    if (weightOf(this.#repro) < weightOf(before.repro)) return true;
    this.#best = before;
    return false;
  }

  /** True where it found something, from which it is worth to go on. */
  async #searchSmallScope(maxEvents: number): Promise<boolean> {
    const { nodes } = this.#best;
    const [sample] = smallScope(this.#repro, nodes, 1);
    if (sample === undefined || this.#isOver) return false;
    const { events } = await this.#judge.first([sample]);
    const tries = Math.min(MAX_TRIES, Math.trunc(maxEvents / SCOPES.length / Math.max(1, events)));
    return this.#try("a small scope", smallScope(this.#repro, nodes, tries));
  }

  /** Benign answers: nothing gets fewer, but there is less to wonder about. */
  async #plainer(): Promise<void> {
    for (const site of CALM_SITES) {
      const key = `${site}:*`;
      if (Object.hasOwn(this.#repro.overrides, key)) continue;
      await this.#try("plainer", [withOverride(this.#repro, key, 0)]);
    }
  }

  /** Rounder and smaller numbers, where there are few enough for somebody to read them. */
  async #rounder(): Promise<void> {
    const [longest] = listsOf(this.#repro);
    if (longest !== undefined && listOf(this.#repro.plan, longest).length > FEW_ELEMENTS) return;
    for (let i = 0; i < placesOf(this.#repro).length && !this.#isOver;) {
      const places = placesOf(this.#repro);
      const { value, with: withValue } = places[i]!;
      const candidates = smaller(value).map((each) => withValue(each));
      const isSmaller = await this.#try("rounder numbers", candidates);
      // What became 0 is no longer among them.
      if (!isSmaller || placesOf(this.#repro).length === places.length) i++;
    }
  }

  async #again(doing: string, candidates: () => Iterable<Repro>): Promise<void> {
    while (await this.#try(doing, candidates()));
  }

  async #try(doing: string, candidates: Iterable<Candidate>): Promise<boolean> {
    if (this.#isOver) return false;
    const identities: string[] = [];
    const { judged, events, tried } = await this.#judge.first(this.#unseen(candidates, identities));
    this.#events += events;
    this.#tried += tried;
    // Those behind it were only looked at by threads that had nothing else to do.
    for (const identity of identities.slice(tried)) this.#seen.delete(identity);
    if (judged === undefined) return false;
    // What a run makes no use of is not in what it gives: such a candidate was nothing new.
    const identity = identityOf(judged.repro);
    if (identity === identityOf(this.#repro)) return false;
    this.#seen.add(identity);
    this.#best = judged;
    this.#listener.onSmaller(judged, doing);
    return true;
  }

  *#unseen(candidates: Iterable<Candidate>, identities: string[]): Iterable<Candidate> {
    for (const candidate of candidates) {
      const identity = identityOf(candidate);
      if (this.#seen.has(identity)) continue;
      this.#seen.add(identity);
      identities.push(identity);
      yield candidate;
    }
  }
}

/** How much there is to read: faults and elements of lists. */
function weightOf({ faults, plan }: Repro): number {
  return listsOf({ plan }).reduce((sum, name) => sum + listOf(plan, name).length, faults.length);
}

function* flatten<T>(
  all: Iterable<Cut<T>>,
  candidatesOf: (cut: Cut<T>) => readonly Repro[],
): Iterable<Repro> {
  for (const each of all) yield* candidatesOf(each);
}

interface Waiting {
  readonly client: unknown;
  readonly thinkUs: number;
}

/** What is left, but the next element of a client waits for as long as those taken out before it would have. */
function waitingInstead(list: readonly unknown[], { from, to, left }: Cut<unknown>): unknown[] {
  const waitUs = new Map<unknown, number>();
  for (const each of list.slice(from, to)) {
    if (isWaiting(each)) waitUs.set(each.client, (waitUs.get(each.client) ?? 0) + each.thinkUs);
  }
  return left.map((each, i) => {
    if (i < from || !isWaiting(each)) return each;
    const more = waitUs.get(each.client) ?? 0;
    waitUs.delete(each.client);
    return more === 0 ? each : { ...each, thinkUs: each.thinkUs + more };
  });
}

function isWaiting(element: unknown): element is Waiting {
  return typeof element === "object" && element !== null && "client" in element && "thinkUs" in element;
}
