/**
 * Nodes and their incarnations. A node is a machine: it keeps its disk and its clock. An incarnation is one
 * life of the process on it, from boot to crash, and the `Caller` of its environment.
 *
 * A crash, a power loss or a pause may strike at any call to the environment, not only between events: the
 * bugs of recovery live between two calls of one handler.
 */
import { assert, type Env, type Observation, type Timer } from "#engines/env/index.js";
import { site } from "./decisions.js";
import type { Caller } from "./caller.js";
import type { NodeClock } from "./clock.js";
import { Crashed } from "./crashed.js";
import type { SimDisk } from "./disk/index.js";
import { eventKind, type EventKind } from "./events.js";
import type { Fault, FaultKind, FaultTarget } from "./faults/index.js";
import { finalize, fold, hashText } from "./hash.js";
import type { EnvNetwork } from "./network/index.js";
import type { Event } from "./queue.js";
import type { World } from "./world.js";

/**
 * What runs on a node. The process ends when the promise settles. An error other than a death of its own
 * incarnation is a finding.
 */
export type Program = (env: Env, self: Incarnation) => Promise<void>;

/** How an incarnation ended. */
export type Exit = "done" | "crash" | "power-loss";

/** A machine. */
export class Node implements FaultTarget {
  readonly name: string;
  readonly index: number;
  readonly hash: number;
  readonly disk: SimDisk;
  readonly clock: NodeClock;
  /** The latest incarnation; dead ones stay until the next boot. */
  incarnation: Incarnation | undefined;

  constructor(name: string, index: number, disk: SimDisk, clock: NodeClock) {
    this.name = name;
    this.index = index;
    this.hash = hashText(name);
    this.disk = disk;
    this.clock = clock;
  }

  /** Whether a process runs here. */
  get up(): boolean {
    return this.incarnation?.alive ?? false;
  }
}

const STRIKES: readonly FaultKind[] = ["power-loss", "crash", "pause"];
const STRIKE_EARLY = site("process/strike-early");
const STRIKE_CALL = site("process/strike-call");
const STRIKE_DURING = site("process/strike-during");
const PAUSE_LENGTH = site("process/pause");
const PAUSE_MEAN_US = 200_000;
const PAUSE_MIN_US = 1_000;

/** A third of the first strikes falls among this many calls, which is where an engine recovers. */
const EARLY_CALLS = 64;

const PAUSED_KIND = eventKind("process/pause");
const STRIKE_KIND = eventKind("process/strike");

export class Incarnation implements Caller {
  readonly node: Node;
  readonly incarnation: number;
  readonly hash: number;
  /** Version of its program. Between two versions every message goes through the codecs. */
  readonly version: number;
  /** Resolves, in an event of the world, once this incarnation has ended. */
  readonly exited: Promise<Exit>;
  /** Set when the environment is made, which is in an event after the boot. */
  network: EnvNetwork | undefined;
  /** State for people and checks, as the program offers it. */
  inspect: () => unknown = () => undefined;
  readonly #world: World;
  #resolveExited!: (exit: Exit) => void;
  #alive = true;
  /** What the dead environment throws, again and again. */
  #crashed: Crashed | undefined;
  #calls = 0;
  /** The call at which something is due: a strike, a look at the cap, or any call at all once dead. */
  #dueCall = 0;
  #strikeCall: number;
  #strikes = 0;
  /** The strike that is due while the next operation is under way. */
  #strikeDuring: number | undefined;
  #capCall: number;
  #capEvent = 0;
  #resumeAtUs = 0;
  #pause: Fault | undefined;

  constructor(world: World, node: Node, incarnation: number, version: number) {
    this.#world = world;
    this.node = node;
    this.incarnation = incarnation;
    this.version = version;
    this.hash = finalize(fold(node.hash, incarnation));
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
    this.#strikeCall = this.#firstStrike();
    this.#capCall = world.limits.callsPerEvent;
    this.#dueCall = Math.min(this.#strikeCall, this.#capCall);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Calls to the environment so far. */
  get calls(): number {
    return this.#calls;
  }

  nowUs(): number {
    return Math.max(this.#world.nowUs, this.#resumeAtUs);
  }

  enter(): void {
    if (!this.tryEnter()) throw (this.#crashed ??= new Crashed(this.node.name, this.incarnation));
  }

  tryEnter(): boolean {
    if (++this.#calls >= this.#dueCall) this.#due();
    return this.#alive;
  }

  later<T>(delayUs: number, kind: EventKind, sizeBytes: number, effect: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.#alive) return;
      this.#schedule(delayUs, kind, sizeBytes, () => {
        let value: T;
        try {
          value = effect();
        } catch (error) {
          // Every error of an effect belongs to whoever awaits it.
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
          reject(error);
          return;
        }
        resolve(value);
      });
    });
  }

  after(delayUs: number, kind: EventKind, effect: () => void): Timer {
    return new ScheduledTimer(this.#world, this.#schedule(delayUs, kind, 0, effect));
  }

  effect(kind: EventKind, sizeBytes: number, digest: number, detail: () => string): void {
    this.#world.effect(kind, sizeBytes, digest, detail);
  }

  /** Hands a typed observation of the engine to whoever listens. */
  observe(event: Observation): void {
    if (this.#alive) this.#world.observed(this, event);
  }

  /** Until when events for this process wait; 0 where it is not paused. */
  get resumeAtUs(): number {
    return this.#resumeAtUs;
  }

  /** Notes that an event had to wait for the end of a pause. */
  delayedByPause(): void {
    this.#pause?.changed();
  }

  /** Ends this incarnation. From now on its environment is dead. */
  kill(exit: Exit): void {
    assert(this.#alive, "an incarnation ends once");
    this.#alive = false;
    this.#dueCall = 0;
    this.#world.died(this, exit);
  }

  /** Tells who waits that this incarnation ended. For the world only. */
  announceExit(exit: Exit): void {
    assert(!this.#alive, "only a dead incarnation has ended");
    this.#resolveExited(exit);
  }

  #schedule(delayUs: number, kind: EventKind, sizeBytes: number, run: () => void): Event {
    const paused = this.#resumeAtUs > this.#world.nowUs;
    if (paused) this.#pause?.changed();
    if (this.#strikeDuring !== undefined) this.#scheduleStrike(this.#strikeDuring, delayUs);
    return this.#world.scheduleAt(this.nowUs() + delayUs, this, kind, this.node.hash, sizeBytes, run);
  }

  #due(): void {
    if (!this.#alive) return;
    if (this.#calls >= this.#capCall) this.#checkCap();
    if (this.#alive && this.#calls >= this.#strikeCall) this.#dueStrike();
    if (this.#alive) this.#dueCall = Math.min(this.#strikeCall, this.#capCall);
  }

  /** Two looks in one event mean that at least a full allowance of calls was made in it. */
  #checkCap(): void {
    const event = this.#world.currentEventId;
    this.#capCall = this.#calls + this.#world.limits.callsPerEvent;
    if (event !== this.#capEvent) {
      this.#capEvent = event;
      return;
    }
    this.#world.fail(
      "limits/env-calls",
      `${this.node.name} made over ${this.#world.limits.callsPerEvent} calls to its environment in one event: a loop that never ends?`,
    );
    this.kill("crash");
  }

  #firstStrike(): number {
    const { decisions } = this.#world;
    const early = decisions.bits(STRIKE_EARLY, this.node.index, this.incarnation);
    if (early % 3 !== 0) return 1 + this.#callsToStrike(0);
    const calls = (early >>> 8) % EARLY_CALLS;
    return 1 + decisions.overridable(calls, STRIKE_CALL, this.node.index, this.incarnation, 0);
  }

  #callsToStrike(opportunity: number): number {
    const mean = this.#world.strikeEveryCalls;
    return this.#world.decisions.exponential(
      mean,
      STRIKE_CALL,
      this.node.index,
      this.incarnation,
      opportunity,
    );
  }

  /** Half of the strikes come at a call, half while the operation that it begins is under way. */
  #dueStrike(): void {
    const opportunity = this.#strikes++;
    this.#strikeCall = this.#calls + 1 + this.#callsToStrike(opportunity + 1);
    const { decisions } = this.#world;
    const isDuring = decisions.below(2, STRIKE_DURING, this.node.index, this.incarnation, opportunity) === 1;
    if (isDuring) this.#strikeDuring = opportunity;
    else this.#strike(opportunity);
  }

  #scheduleStrike(opportunity: number, delayUs: number): void {
    this.#strikeDuring = undefined;
    const { decisions } = this.#world;
    const afterUs = decisions.below(
      delayUs + 1,
      STRIKE_DURING,
      this.node.index,
      this.incarnation,
      opportunity,
      1,
    );
    this.#world.scheduleAt(this.nowUs() + afterUs, this, STRIKE_KIND, this.node.hash, 0, () =>
      this.#strike(opportunity),
    );
  }

  #strike(opportunity: number): void {
    for (const kind of STRIKES) {
      const fault = this.#world.faults.strike(
        kind,
        this.node,
        this.incarnation,
        opportunity,
        0,
        () => `call ${this.#calls}`,
      );
      if (fault === undefined) continue;
      if (kind === "pause") this.#pauseFor(fault, opportunity);
      else this.#world.strikeDown(this, fault);
      return;
    }
  }

  #pauseFor(fault: Fault, opportunity: number): void {
    const lengthUs =
      PAUSE_MIN_US +
      this.#world.decisions.exponential(
        PAUSE_MEAN_US,
        PAUSE_LENGTH,
        this.node.index,
        this.incarnation,
        opportunity,
      );
    this.#pause = fault;
    this.#resumeAtUs = this.nowUs() + lengthUs;
    fault.reached();
    this.effect(PAUSED_KIND, 0, lengthUs, () => `paused for ${lengthUs} us at call ${this.#calls}`);
  }
}

class ScheduledTimer implements Timer {
  readonly #world: World;
  readonly #event: Event;

  constructor(world: World, event: Event) {
    this.#world = world;
    this.#event = event;
  }

  cancel(): void {
    this.#world.cancel(this.#event);
  }
}
