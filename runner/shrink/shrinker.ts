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
import type { Judge, Judged } from "./judge.js";
import { placesOf, smaller } from "./numbers.js";
import { smallScope } from "./small-scope.js";
import { atFirstChance, earlier, scaled } from "./strikes.js";

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

/** Of each number of operations: before all else, and where the rest did not get far. */
const QUICK_TRIES = 40;
const LONG_TRIES = 250;

export interface ShrinkListener {
  /** Called whenever it got smaller. */
  onSmaller(best: Judged, doing: string): void;
  /** Whether to stop now, with the best so far. */
  isOver(): boolean;
}

export class Shrinker {
  readonly #judge: Judge;
  readonly #listener: ShrinkListener;
  #best: Judged;

  /** `start`: as the judge found it. */
  constructor(start: Judged, judge: Judge, listener: ShrinkListener) {
    this.#best = start;
    this.#judge = judge;
    this.#listener = listener;
  }

  /** The smallest repro that was found. */
  get best(): Judged {
    return this.#best;
  }

  /** Resolves once nothing gets smaller any more, or the listener says that it is over. */
  async run(): Promise<void> {
    await this.#try("no faults at all", [withFaults(this.#repro, [])]);
    await this.#leaveOutFaults();
    await this.#try("a small scope", smallScope(this.#repro, QUICK_TRIES));
    await this.#untilNothingHelps();
    if (!isSmall(this.#repro) && (await this.#try("a small scope", smallScope(this.#repro, LONG_TRIES)))) {
      await this.#untilNothingHelps();
    }
  }

  async #untilNothingHelps(): Promise<void> {
    for (;;) {
      const before = this.#best;
      await this.#leaveOutFaults();
      for (const name of listsOf(this.#repro)) await this.#leaveOutElements(name);
      await this.#again("strikes by their calls", () => atFirstChance(this.#repro, this.#best.nodes));
      await this.#again("earlier strikes", () => earlier(this.#repro, this.#best.nodes));
      await this.#plainer();
      if (this.#best === before || this.#listener.isOver()) return;
    }
  }

  get #repro(): Repro {
    return this.#best.repro;
  }

  async #leaveOutFaults(): Promise<void> {
    await this.#leaveOut(
      "fewer faults",
      () => this.#repro.faults,
      ({ left }) => [withLeastSwarm(withFaults(this.#repro, left)), withFaults(this.#repro, left)],
    );
  }

  async #leaveOutElements(name: string): Promise<void> {
    await this.#leaveOut(
      `fewer ${name}`,
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
    return [waiting, plain, scaled(plain, this.#best.nodes, permille)];
  }

  /** Delta debugging (Zeller and Hildebrandt, 2002): halves, then quarters, down to single elements. */
  async #leaveOut<T>(
    doing: string,
    list: () => readonly T[],
    candidatesOf: (cut: Cut<T>) => readonly Repro[],
  ): Promise<void> {
    for (let chunk = list().length; chunk >= 1; chunk = Math.min(chunk >> 1, list().length)) {
      let below = list().length;
      let left = list().length + 1;
      while (list().length < left && list().length > 0) {
        left = list().length;
        const found = await this.#try(doing, flatten(cuts(list(), chunk, below), candidatesOf));
        if (!found) break;
        below = Math.min(below, list().length);
      }
    }
  }

  /** Rounder and smaller numbers, benign answers: nothing gets fewer, but simpler to read. */
  async #plainer(): Promise<void> {
    for (const site of CALM_SITES) {
      const key = `${site}:*`;
      if (!Object.hasOwn(this.#repro.overrides, key))
        await this.#try("plainer", [withOverride(this.#repro, key, 0)]);
    }
    for (let i = 0; i < placesOf(this.#repro).length; i++) {
      const place = placesOf(this.#repro)[i]!;
      await this.#try(
        "rounder numbers",
        smaller(place.value).map((value) => place.with(value)),
      );
    }
  }

  async #again(doing: string, candidates: () => Iterable<Repro>): Promise<void> {
    while (await this.#try(doing, candidates()));
  }

  async #try(doing: string, candidates: Iterable<Repro>): Promise<boolean> {
    if (this.#listener.isOver()) return false;
    const found = await this.#judge.first(candidates);
    // What a run makes no use of is not in what it gives: such a candidate was nothing new.
    if (found === undefined || identityOf(found.repro) === identityOf(this.#repro)) return false;
    this.#best = found;
    this.#listener.onSmaller(found, doing);
    return true;
  }
}

/** Whether a person takes it in at a glance. */
function isSmall({ plan, faults }: Repro): boolean {
  const [longest] = listsOf({ plan });
  return faults.length <= 3 && (longest === undefined || listOf(plan, longest).length <= 6);
}

/** What a repro asks for, without what came of it. */
function identityOf({ seed, swarm, plan, overrides, faults }: Repro): string {
  return JSON.stringify([seed, swarm, plan, overrides, faults.map(({ id }) => id)]);
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
