/**
 * The world of one run: its time, its nodes, and the loop that handles one event after the other. Everything
 * that happens follows from the seed.
 */
import { assert, type Observation } from "#engines/env/index.js";
import type { DiskOp } from "#engines/env/recording-disk.js";
import { DEFAULT_CLOCK_BOUNDS, NodeClock, type ClockBounds } from "./clock.js";
import { Crashed } from "./crashed.js";
import { Decisions, site } from "./decisions.js";
import { HONEST_PROFILE, SimDisk, type DiskImage, type DiskProfile } from "./disk/index.js";
import { makeEnv } from "./env.js";
import { eventKind, type EventKind } from "./events.js";
import { Faults, type Fault, type SwarmConfig } from "./faults/index.js";
import { finalize, fold, hashText } from "./hash.js";
import type { Host } from "./host.js";
import {
  DEFAULT_NETWORK_PROFILE,
  SimNetwork,
  type NetworkProfile,
  type NetworkWorld,
} from "./network/index.js";
import type { Message } from "./network/message.js";
import { deepStack, placeOf } from "./place.js";
import { Incarnation, Node, type Exit, type Program } from "./process.js";
import { Event, EventQueue } from "./queue.js";
import { Streams } from "./streams.js";
import { Trace, type TraceSink } from "./trace.js";

/** Where a run is ended because it would not end by itself. */
export interface Limits {
  readonly events: number;
  readonly simTimeUs: number;
  /** Calls to the environment within one event of one process. */
  readonly callsPerEvent: number;
}

export const DEFAULT_LIMITS: Limits = {
  events: 5_000_000,
  simTimeUs: 3_600_000_000,
  callsPerEvent: 1_000_000,
};

/** Something that must not be. The first one ends the run. */
export interface Finding {
  /** `area/what` of the broken rule: stable, what people grep for. */
  readonly invariant: string;
  readonly message: string;
  readonly node: string;
  readonly timeUs: number;
  readonly eventId: number;
  /** Where in the code it broke, as `engines/raft/core/replication onAppend`; see `placeOf`. */
  readonly place: string;
  readonly stack?: string;
}

export interface WorldOptions {
  readonly seed: number;
  readonly host: Host;
  readonly swarm: SwarmConfig;
  /** Answers of decisions to replace, by key. */
  readonly overrides?: ReadonlyMap<string, number>;
  /** Ids of the faults that strike. Without it the decisions draw them. */
  readonly onlyFaults?: ReadonlySet<string>;
  readonly limits?: Limits;
  readonly clockBounds?: ClockBounds;
  readonly networkProfile?: NetworkProfile;
  /**
   * Whether to fail the run with `network/payload-changed` where the value of a message is changed after it was
   * sent. Costs an encoding or three for each message, and changes nothing else.
   */
  readonly checkPayloads?: boolean;
  readonly traceSink?: TraceSink;
  /** Mean number of calls to the environment between two chances of a strike. */
  readonly strikeEveryCalls?: number;
}

const START = eventKind("world/start");
const SLEEP = eventKind("world/sleep");
const EXIT = eventKind("process/exit");
const BOOT = eventKind("process/boot");
const STRUCK = eventKind("process/struck");
const FINGERPRINT = eventKind("disk/fingerprint");
const TIE = site("world/tie");

export class World implements NetworkWorld {
  readonly decisions: Decisions;
  readonly streams: Streams;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly network: SimNetwork;
  readonly limits: Limits;
  readonly strikeEveryCalls: number;
  readonly findings: Finding[] = [];
  /** Rare paths that code said it took, with how often. */
  readonly marks: Map<string, number> = new Map();
  nowUs = 0;
  readonly #host: Host;
  readonly #queue: EventQueue = new EventQueue();
  readonly #nodes: Map<string, Node> = new Map();
  readonly #listeners: ((from: Incarnation, event: Observation) => void)[] = [];
  readonly #clockBounds: ClockBounds;
  readonly #tieSeed: number;
  #current: Event | undefined;
  #events = 0;
  #lastId = 0;
  #ended = false;

  constructor(options: WorldOptions) {
    this.#host = options.host;
    this.decisions = new Decisions(options.seed, options.overrides);
    this.streams = new Streams(options.seed);
    this.faults = new Faults(this.decisions, options.swarm, this, options.onlyFaults);
    this.trace = new Trace(options.traceSink);
    this.network = new SimNetwork(
      this,
      options.networkProfile ?? DEFAULT_NETWORK_PROFILE,
      options.checkPayloads ?? false,
    );
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.strikeEveryCalls = options.strikeEveryCalls ?? 1_000;
    this.#clockBounds = options.clockBounds ?? DEFAULT_CLOCK_BOUNDS;
    this.#tieSeed = this.decisions.bits(TIE, 0);
  }

  /** Events handled so far. */
  get events(): number {
    return this.#events;
  }

  get currentEventId(): number {
    return this.#current?.id ?? 0;
  }

  get isTraced(): boolean {
    return this.trace.isWatched;
  }

  get nodes(): readonly Node[] {
    return [...this.#nodes.values()];
  }

  node(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  /**
   * Adds a machine, switched on, without a process. Its disk is empty, or holds an image, or is as these
   * operations have left it.
   */
  addNode(
    name: string,
    profile: DiskProfile = HONEST_PROFILE,
    from: { readonly image?: DiskImage; readonly ops?: readonly DiskOp[] } = {},
  ): Node {
    assert(!this.#nodes.has(name), "node names are unique");
    const target = { name, index: this.#nodes.size };
    const options = { node: target, faults: this.faults, profile, nowUs: () => this.nowUs };
    let disk: SimDisk;
    if (from.image !== undefined) disk = SimDisk.fromImage(from.image, options);
    else disk = from.ops === undefined ? new SimDisk(options) : SimDisk.fromOperations(from.ops, options);
    const clock = new NodeClock(this.faults, target, this.#clockBounds);
    const node = new Node(name, target.index, disk, clock);
    this.#nodes.set(name, node);
    return node;
  }

  /** Starts a process on a machine where none runs, in an event of its own. `version` is its program's. */
  boot(node: Node, program: Program, { version = 1 }: { readonly version?: number } = {}): Incarnation {
    assert(!node.up, "one process a node");
    const incarnation = new Incarnation(this, node, (node.incarnation?.incarnation ?? 0) + 1, version);
    node.incarnation = incarnation;
    this.scheduleAt(this.nowUs, incarnation, BOOT, node.hash, 0, () => {
      settled(() => program(makeEnv(this, incarnation), incarnation)).then(
        () => incarnation.alive && incarnation.kill("done"),
        (error: unknown) => this.#uncaught(incarnation, error),
      );
    });
    return incarnation;
  }

  /** Kills the process, if one runs. The page cache survives. */
  crash(node: Node): void {
    if (node.up) node.incarnation!.kill("crash");
  }

  /** Cuts the power: the process dies and the disk keeps what its model leaves. */
  powerLoss(node: Node, fault?: Fault): void {
    if (node.up) node.incarnation!.kill("power-loss");
    node.disk.powerLoss(fault);
    this.#foldFingerprint(node);
  }

  /** Resolves after this simulated time, in an event of the world. For the scenario, never for engines. */
  sleep(durationUs: number): Promise<void> {
    return new Promise((resolve) => {
      this.scheduleAt(this.nowUs + durationUs, undefined, SLEEP, 0, 0, () => resolve());
    });
  }

  /** Calls `listener` for each observation of each process, in order. */
  listen(listener: (from: Incarnation, event: Observation) => void): void {
    this.#listeners.push(listener);
  }

  /** Notes a broken invariant. The run ends after the present event. */
  fail(invariant: string, message: string, stack?: string): void {
    const owner = this.#current?.owner;
    // What failed is known here only by who called: a check is called by the code that it checks.
    const raisedAt = stack === undefined || stack === "" ? deepStack() : stack;
    this.findings.push({
      // They may come from plain JavaScript.
      // oxlint-disable-next-line typescript/no-unnecessary-type-conversion
      invariant: String(invariant),
      // oxlint-disable-next-line typescript/no-unnecessary-type-conversion
      message: String(message),
      node: owner?.node.name ?? "",
      timeUs: this.nowUs,
      eventId: this.currentEventId,
      place: placeOf(raisedAt),
      ...(stack === undefined ? {} : { stack }),
    });
  }

  /**
   * Runs the world until `scenario` has settled, something was found, or a limit is hit. A queue that runs
   * empty first means that somebody waits for what will never come.
   */
  async run(scenario: () => Promise<void>): Promise<void> {
    this.scheduleAt(0, undefined, START, 0, 0, () => {
      settled(scenario).then(
        () => (this.#ended = true),
        (error: unknown) => this.#uncaught(undefined, error),
      );
    });
    this.#host.arm(
      (what, stack) => this.fail("determinism/forbidden-call", `${what} was called inside the world`, stack),
      (reason) => this.#uncaught(this.#current?.owner, reason),
    );
    try {
      await this.#host.loop(() => this.#step());
    } finally {
      this.#host.disarm();
    }
    for (const node of this.nodes) this.#foldFingerprint(node);
  }

  // What follows is for the other parts of the simulator.

  scheduleAt(
    timeUs: number,
    owner: Incarnation | undefined,
    kind: EventKind,
    source: number,
    sizeBytes: number,
    run: (owner: Incarnation | undefined) => void,
  ): Event {
    assert(timeUs >= this.nowUs, "nothing is scheduled in the past");
    const event = new Event(
      timeUs,
      this.#tie(timeUs, source ^ kind.hash),
      ++this.#lastId,
      this.currentEventId,
      owner,
      kind,
      sizeBytes,
      run,
    );
    this.#queue.push(event);
    return event;
  }

  scheduleFor(
    to: Node,
    timeUs: number,
    kind: EventKind,
    source: number,
    run: (receiver: Incarnation | undefined) => void,
  ): Event {
    const event = this.scheduleAt(timeUs, undefined, kind, source, 0, run);
    event.target = to;
    return event;
  }

  cancel(event: Event): void {
    if (event.run !== undefined) this.#queue.cancel(event);
  }

  effect(kind: EventKind, sizeBytes: number, digest: number, detail: () => string): void {
    if (this.#current !== undefined) this.trace.effect(this.#current, kind, sizeBytes, digest, detail);
  }

  lost(kind: EventKind, digest: number, why: string, message: Message): void {
    if (this.#current !== undefined) this.trace.loss(this.#current, kind, digest, why, message);
  }

  observed(from: Incarnation, event: Observation): void {
    for (const listener of this.#listeners) listener(from, event);
  }

  reached(mark: string): void {
    this.marks.set(mark, (this.marks.get(mark) ?? 0) + 1);
  }

  /** Carries out a strike at a call of `incarnation` to its environment. */
  strikeDown(incarnation: Incarnation, fault: Fault): void {
    this.effect(STRUCK, 0, hashText(fault.id), () => fault.id);
    if (fault.kind === "power-loss") this.powerLoss(incarnation.node, fault);
    else {
      fault.changed();
      this.crash(incarnation.node);
    }
  }

  /** An incarnation ended: its events go, and who waits for its end hears of it in an event. */
  died(incarnation: Incarnation, exit: Exit): void {
    this.#queue.cancelOwnedBy(incarnation);
    this.scheduleAt(this.nowUs, undefined, EXIT, incarnation.node.hash, 0, () =>
      incarnation.announceExit(exit),
    );
  }

  #step(): boolean {
    if (this.#ended || this.findings.length > 0) return false;
    const event = this.#queue.pop();
    if (event === undefined) {
      this.fail("liveness/stalled", "nothing is left to happen, but the scenario still waits");
      return false;
    }
    if (!this.#withinLimits(event)) return false;
    const run = event.run!;
    event.run = undefined;
    this.nowUs = event.timeUs;
    this.#current = event;
    // A message that has an owner already arrived before, and waited for the end of a pause.
    const arrives = event.target !== undefined && event.owner === undefined;
    if (arrives && event.target!.up) event.owner = event.target!.incarnation;
    if (event.owner !== undefined && this.#putOff(event, event.owner, run, arrives)) return true;
    this.#events++;
    this.trace.event(event);
    try {
      run(event.owner);
    } catch (error) {
      this.#uncaught(event.owner, error);
    }
    return true;
  }

  /**
   * Puts the event off to the end of a pause of its process, if it is in one. A message that arrives at the very
   * end queues up too: others of its link may have waited.
   */
  #putOff(
    event: Event,
    owner: Incarnation,
    run: (owner: Incarnation | undefined) => void,
    arrives: boolean,
  ): boolean {
    const waits = owner.resumeAtUs > this.nowUs;
    if (!waits && !(arrives && owner.resumeAtUs === this.nowUs)) return false;
    if (waits) owner.delayedByPause();
    event.timeUs = owner.resumeAtUs;
    // A message keeps its place among those that wait, also where the pause was extended meanwhile.
    if (arrives || event.target === undefined) event.id = ++this.#lastId;
    event.tie = this.#tie(event.timeUs, owner.hash);
    event.run = run;
    this.#queue.push(event);
    return true;
  }

  /** Where the world changes bytes on its own, and at the end, all of a disk goes into the trace hash. */
  #foldFingerprint(node: Node): void {
    const { whole } = node.disk.fingerprint();
    const digest = fold(whole | 0, Math.trunc(whole / 0x1_0000_0000));
    this.effect(FINGERPRINT, 0, digest, () => `${node.name} ${whole.toString(16)}`);
  }

  #tie(timeUs: number, source: number): number {
    return finalize(fold(this.#tieSeed ^ source, timeUs | 0));
  }

  #withinLimits(event: Event): boolean {
    if (event.timeUs > this.limits.simTimeUs) {
      this.fail(
        "limits/sim-time",
        `the run did not end within ${this.limits.simTimeUs} us of simulated time`,
      );
      return false;
    }
    if (this.#events >= this.limits.events) {
      this.fail("limits/events", `the run did not end within ${this.limits.events} events`);
      return false;
    }
    return true;
  }

  #uncaught(owner: Incarnation | undefined, error: unknown): void {
    // What a dead process throws went down with it.
    if (owner !== undefined && (error instanceof Crashed || !owner.alive)) return;
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    this.fail("process/uncaught-error", String(error), stack);
    if (owner !== undefined) owner.kill("crash");
  }
}

/** What `run` promises. Code of somebody's own may throw at once instead, or give no promise. */
function settled(run: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => resolve(run()));
}
