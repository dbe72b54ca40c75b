/**
 * Lowe, "Testing for linearizability" (Concurrency and Computation 29(4), 2017): just-in-time linearization.
 *
 * One pass over the events, with the set of all configurations that explain what was answered so far. An
 * operation takes effect as late as it can: when its own answer comes, or just before another that needs it.
 * What keeps the set small:
 * - an observation is taken as soon as it fits: that is never worse, as it changes nothing;
 * - crashed operations (open to the end) of one class are interchangeable: they are counted, not named;
 * - dominance: of two configurations with one state and the same updates done, the one that keeps fewer
 *   observations waiting and used fewer crashed operations is enough;
 * - states that nothing can tell apart any more are one state (`Machine.settle`);
 * - a configuration dies as soon as a value is gone that must be met and can't come back (`needAfter`);
 * - an update that nobody can notice any more vanishes behind the next one that overwrites it (`vanishes`).
 */
import { assert } from "#engines/env/index.js";
import { ConfigurationSet, NODE, STATE } from "./configurations.js";
import type { Machine } from "./machine.js";
import { NEVER, type Partition } from "./partition.js";
import { PathTree, ROOT } from "./path.js";
import { Pending } from "./pending.js";

export type SearchOutcome = "linearizable" | "violation" | "undecided";

export class JustInTimeSearch {
  readonly #part: Partition<unknown, unknown>;
  readonly #machine: Machine;
  readonly #stepBudget: number;
  readonly #paths: PathTree | undefined;
  readonly #pending: Pending;
  #current: ConfigurationSet;
  #next: ConfigurationSet;
  readonly #frontier: ConfigurationSet;
  /** The row that is being expanded, and the one that is being made of it. */
  readonly #base: Int32Array;
  readonly #draft: Int32Array;
  #now = 0;
  /** Steps of the machine so far. */
  steps = 0;

  /** With `paths`, `longestPath` can tell how it got where it stands. */
  constructor(
    part: Partition<unknown, unknown>,
    machine: Machine,
    stepBudget: number,
    paths: "no paths" | "paths" = "no paths",
  ) {
    this.#part = part;
    this.#machine = machine;
    this.#stepBudget = stepBudget;
    this.#paths = paths === "paths" ? new PathTree() : undefined;
    this.#pending = new Pending(part, machine);
    const { layout } = this.#pending;
    this.#current = new ConfigurationSet(layout);
    this.#next = new ConfigurationSet(layout);
    this.#frontier = new ConfigurationSet(layout);
    this.#base = new Int32Array(this.#current.stride);
    this.#draft = new Int32Array(this.#current.stride);
    this.#draft[STATE] = machine.initial;
    this.#draft[NODE] = ROOT;
    this.#current.insert(this.#draft);
  }

  /** The rank that the search stands at: after a violation, that of the answer that can't be explained. */
  get now(): number {
    return this.#now;
  }

  run(): SearchOutcome {
    const { events } = this.#part;
    for (; this.#now < events.length; this.#now++) {
      const event = events[this.#now]!;
      if (event >= 0) {
        this.#begin(event);
        continue;
      }
      this.#end(~event);
      if (this.steps > this.#stepBudget) return "undecided";
      if (this.#next.size === 0) return "violation";
      this.#pending.remove(~event);
      [this.#current, this.#next] = [this.#next, this.#current];
    }
    return "linearizable";
  }

  /** The longest of the paths to what explains everything before `now`: indices of operations. */
  longestPath(): number[] {
    const paths = this.#paths;
    assert(paths !== undefined, "paths were kept");
    let longest = ROOT;
    const { rows, count, stride } = this.#current;
    for (let row = 0; row < count; row++) {
      const node = rows[row * stride + NODE]!;
      if (!this.#current.isCovered(row) && paths.depthOf(node) > paths.depthOf(longest)) longest = node;
    }
    return this.#pending.nameCrashed(paths.stepsTo(longest));
  }

  #begin(operation: number): void {
    const { waiting } = this.#pending;
    const slot = this.#pending.add(operation);
    if (slot === -1 || this.#machine.observes[this.#machine.classOf[operation]!] === 0) return;
    const operationClass = this.#machine.classOf[operation]!;
    const { rows, count, stride } = this.#current;
    for (let at = 0; at < count * stride; at += stride) {
      if (rows[at] === -1) continue;
      this.steps++;
      if (this.#machine.step(rows[at]!, operationClass) === -1) {
        rows[at + waiting.wordOf(slot)]! |= waiting.bitOf(slot);
      } else if (this.#paths !== undefined) {
        rows[at + NODE] = this.#paths.add(rows[at + NODE]!, operation);
      }
    }
  }

  /** Fills `#next` with the configurations in which the operation is done. */
  #end(operation: number): void {
    this.#next.clear();
    this.#frontier.clear();
    const observes = this.#machine.observes[this.#machine.classOf[operation]!] === 1;
    const slots = observes ? this.#pending.waiting : this.#pending.updates;
    const slot = this.#pending.slotOf(operation);
    const word = slots.wordOf(slot);
    const bit = slots.bitOf(slot);
    // The bit of an update says that it is done, that of an observation that it waits.
    const doneBit = observes ? 0 : bit;
    const current = this.#current;
    for (let row = 0; row < current.count; row++) {
      if (current.isCovered(row)) continue;
      this.#load(current, row, this.#draft);
      this.#draft[STATE] = this.#machine.settle(this.#draft[STATE]!, this.#now);
      if ((this.#draft[word]! & bit) === doneBit) this.#finish(word, bit);
      else this.#frontier.insert(this.#draft);
    }
    for (let row = 0; row < this.#frontier.count && this.steps <= this.#stepBudget; row++) {
      if (this.#frontier.isCovered(row)) continue;
      this.#load(this.#frontier, row, this.#base);
      this.#expand(operation, word, bit, doneBit);
    }
  }

  #load(set: ConfigurationSet, row: number, into: Int32Array): void {
    const from = row * set.stride;
    for (let i = 0; i < set.stride; i++) into[i] = set.rows[from + i]!;
  }

  /** The draft has the operation done: frees its slot and keeps the draft. */
  #finish(word: number, bit: number): void {
    this.#draft[word]! &= ~bit;
    this.#next.insert(this.#draft);
  }

  /** Takes every step from `#base` that may lead to the end of `target`. */
  #expand(target: number, word: number, bit: number, doneBit: number): void {
    const { updates, crashed } = this.#pending;
    const { classOf } = this.#machine;
    for (const slot of updates.active) {
      if (this.#pending.isDone(this.#base, slot)) continue;
      const operation = updates.operationAt(slot);
      const operationClass = classOf[operation]!;
      if (operation !== target && this.#needless(operationClass, this.#part.answeredAt[operation]!)) continue;
      if (!this.#step(operationClass, operation)) continue;
      this.#draft[updates.wordOf(slot)]! |= updates.bitOf(slot);
      this.#keep(word, bit, doneBit);
    }
    for (const counter of crashed) {
      const { operationClass } = counter;
      if (counter.isUsedUp(this.#base) || this.#needless(operationClass, NEVER)) continue;
      if (!this.#step(operationClass, ~operationClass)) continue;
      counter.use(this.#draft);
      this.#keep(word, bit, doneBit);
    }
  }

  /** True where nothing is lost if this is not taken now: it can vanish later, or its twin goes first. */
  #needless(operationClass: number, answeredAt: number): boolean {
    return (
      this.#machine.vanishes(operationClass, this.#now) ||
      this.#pending.hasTwin(this.#base, operationClass, answeredAt)
    );
  }

  /** Puts into the draft what comes of `#base` by one step; false where the step is not possible. */
  #step(operationClass: number, pathStep: number): boolean {
    const state = this.#machine.step(this.#base[STATE]!, operationClass);
    this.steps++;
    if (state === -1) return false;
    this.#draft.set(this.#base);
    if (this.#machine.overwrites(operationClass)) this.#vanishBehind(pathStep);
    this.#follow(pathStep);
    this.#draft[STATE] = this.#machine.settle(state, this.#now);
    this.#observe();
    return true;
  }

  /** Does, just before an update that overwrites them, the updates that nobody can notice any more. */
  #vanishBehind(pathStep: number): void {
    const { updates } = this.#pending;
    for (const slot of updates.active) {
      const operation = updates.operationAt(slot);
      if (operation === pathStep || this.#pending.isDone(this.#draft, slot)) continue;
      if (!this.#machine.vanishes(this.#machine.classOf[operation]!, this.#now)) continue;
      this.#draft[updates.wordOf(slot)]! |= updates.bitOf(slot);
      this.#follow(operation);
    }
  }

  /** Takes the waiting observations that fit the draft's state. */
  #observe(): void {
    const { waiting } = this.#pending;
    for (const slot of waiting.active) {
      const word = waiting.wordOf(slot);
      const bit = waiting.bitOf(slot);
      if ((this.#draft[word]! & bit) === 0) continue;
      const operation = waiting.operationAt(slot);
      this.steps++;
      if (this.#machine.step(this.#draft[STATE]!, this.#machine.classOf[operation]!) === -1) continue;
      this.#draft[word]! &= ~bit;
      this.#follow(operation);
    }
  }

  #follow(pathStep: number): void {
    if (this.#paths !== undefined) this.#draft[NODE] = this.#paths.add(this.#draft[NODE]!, pathStep);
  }

  /** Keeps the draft, unless it is lost: for the next event where the target is done in it, else to go on. */
  #keep(word: number, bit: number, doneBit: number): void {
    const need = this.#machine.needAfter(this.#base[STATE]!, this.#draft[STATE]!, this.#now);
    if (need !== -1 && !this.#pending.hasHelp(this.#draft, need)) return;
    if ((this.#draft[word]! & bit) === doneBit) this.#finish(word, bit);
    else this.#frontier.insert(this.#draft);
  }
}
