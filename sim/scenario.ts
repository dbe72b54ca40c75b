/** What a scenario is: the one file that a user writes to bring an engine of their own. */
import { assert, SeedstormError } from "#engines/env/index.js";
import type { ClockBounds } from "./clock.js";
import type { Explorable } from "./explore/index.js";
import type { Admit, FaultMenu } from "./faults/index.js";
import type { ClientsTold, Narration, Violation } from "./narration.js";
import type { NetworkProfile } from "./network/index.js";
import type { Stream } from "./streams.js";
import type { Limits, World } from "./world.js";

/** A parameter that `--param name=value` sets. */
export type Parameter =
  | {
      readonly type: "integer";
      readonly summary: string;
      readonly min: number;
      readonly max: number;
      readonly default: number;
    }
  | {
      readonly type: "choice";
      readonly summary: string;
      readonly choices: readonly string[];
      readonly default: string;
    };

/** The values of a scenario's parameters, by name; every parameter has one. */
export type ParameterValues = ReadonlyMap<string, number | string>;

export interface Scenario {
  /** As on the command line: lower case, dashes. */
  readonly name: string;
  /** One line: what it does and what it checks. */
  readonly summary: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** The faults that the swarm may switch on, with their range of intensity. */
  readonly faults: FaultMenu;
  /** Marks that a large enough batch must reach; one that is never hit makes the batch vacuous. */
  readonly mustReach: readonly string[];
  /** From how many seeds on coverage is judged. */
  readonly coverageSeeds: number;
  readonly limits?: Partial<Limits>;
  readonly clockBounds?: ClockBounds;
  /** How fast and how wide the links are; see `DEFAULT_NETWORK_PROFILE`. */
  readonly networkProfile?: NetworkProfile;
  /** Mean number of calls to the environment between two chances of a strike (crash, power loss, pause). */
  readonly strikeEveryCalls?: number;
  /** Made for each run, so that it may look at the run's own state. See `Admit`. */
  admit?(run: Run): Admit;
  /**
   * The whole run: builds nodes and clients, lets time pass, checks. The run has held once this resolves
   * and nothing was found. Runs in simulated time only.
   */
  drive(run: Run): Promise<void>;
  /** Words for stories, replays and pages. */
  readonly narration?: Narration;
  /**
   * Which values the run's plan may hold, counted up whenever that changes: a plan in a file of another version
   * is drawn anew instead. 1 where it is left out.
   */
  readonly planVersion?: number;
  /** For `--explore crashpoints`: what to record and how to check a recovery. The run's plan should be short. */
  explore?(run: Run): Explorable;
}

/** A part of a plan that was given is of another kind than the one that the scenario draws. */
export class PlanMismatch extends SeedstormError {
  constructor(name: string, expected: string, found: string) {
    super("PLAN_MISMATCH", {
      expected,
      found,
      where: `plan part ${name}`,
      todo: "correct the file, or give the scenario another planVersion",
    });
  }
}

function shapeOf(part: unknown): string {
  if (part === null) return "null";
  return Array.isArray(part) ? "a list" : typeof part;
}

/** Of one kind of data; elements of lists too, as far as the drawn list shows what they are. */
function isAlike(drawn: unknown, given: unknown): boolean {
  if (shapeOf(drawn) !== shapeOf(given)) return false;
  if (!Array.isArray(drawn) || drawn.length === 0) return true;
  const shapes = new Set(drawn.map(shapeOf));
  return (given as readonly unknown[]).every((element) => shapes.has(shapeOf(element)));
}

/** The parts of a run's plan, by name: plain data, as JSON has it. */
export type PlanParts = ReadonlyMap<string, unknown>;

/** One run of a scenario, as the scenario sees it. */
export class Run {
  readonly world: World;
  readonly parameters: ParameterValues;
  /** For what is drawn in sequence: operations, sizes, think times. */
  readonly workload: Stream;
  /** Called when the scenario tells of its clients, and for each of its notes. For whoever looks into the run. */
  onClients: (clients: ClientsTold) => void = () => {};
  onNote: (text: string) => void = () => {};
  readonly #given: PlanParts | undefined;
  readonly #plan: Map<string, unknown> = new Map();
  readonly #counts: Map<string, number> = new Map();
  #mismatch: PlanMismatch | undefined;
  #clients: ClientsTold | undefined;
  #violation: Violation | undefined;

  /** `plan`: what a repro holds, in place of what the scenario draws. */
  constructor(world: World, parameters: ParameterValues, plan?: PlanParts) {
    this.world = world;
    this.parameters = parameters;
    this.workload = world.streams.get("workload");
    this.#given = plan;
  }

  /**
   * A part of the plan, under a name of its own: what the scenario drew or, where a repro is run, what its file
   * has instead. Call it for each part, after all was drawn and before the run begins.
   *
   * Plain data, as JSON has it. Shrinking leaves elements of a part that is an array out, makes a part that is an
   * integer smaller, and so integers in the elements of an array whose name ends with a unit (`Us`, `Bytes`, `Count`).
   * The scenario has to bear that. A part that is an object stays as it is.
   *
   * Throws `PlanMismatch` where the file has something of another kind.
   */
  planned<T>(name: string, drawn: T): T {
    assert(!this.#plan.has(name), "the parts of a plan have different names");
    const part = this.#given?.has(name) === true ? (this.#given.get(name) as T) : drawn;
    if (!isAlike(drawn, part)) throw (this.#mismatch = new PlanMismatch(name, shapeOf(drawn), shapeOf(part)));
    this.#plan.set(name, part);
    return part;
  }

  /** Why the plan that was given can't be run; the run means nothing then. */
  get mismatch(): PlanMismatch | undefined {
    return this.#mismatch;
  }

  /** The parts that `planned` was called for, as it gave them. */
  get plan(): PlanParts {
    return this.#plan;
  }

  /** Tells who the clients are. Once, before they begin. */
  tellClients<Input, Output>(clients: ClientsTold<Input, Output>): void {
    assert(this.#clients === undefined, "the clients are told of once");
    this.#clients = clients as ClientsTold;
    this.onClients(this.#clients);
  }

  get clients(): ClientsTold | undefined {
    return this.#clients;
  }

  /** Tells what the scenario does on purpose just now, for stories: `the leader is cut off for 500 ms`. */
  note(text: string): void {
    this.onNote(text);
  }

  /** Tells which operations show that a promise was broken. The finding itself is `world.fail`. */
  tellViolation(violation: Violation): void {
    this.#violation = violation;
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  /** The value of an integer parameter. */
  integer(name: string): number {
    return this.parameters.get(name) as number;
  }

  /** The value of a choice parameter. */
  choice(name: string): string {
    return this.parameters.get(name) as string;
  }

  /** Adds to a figure of this run, such as `operations`. Batches print each figure's minimum and median. */
  count(figure: string, by = 1): void {
    assert(Number.isSafeInteger(by), "a figure is counted in whole numbers");
    this.#counts.set(figure, (this.#counts.get(figure) ?? 0) + by);
  }

  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

/** Every parameter of the scenario with the value given for it, or its default. */
export function withDefaults(scenario: Scenario, given: ParameterValues = new Map()): ParameterValues {
  const values = new Map<string, number | string>();
  for (const [name, parameter] of Object.entries(scenario.parameters)) {
    values.set(name, given.get(name) ?? parameter.default);
  }
  return values;
}
