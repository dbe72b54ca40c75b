/** Runs seeds of a scenario in a copy of the code, in a process of its own. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Catcher } from "./mutant.js";
import type { Caught, TrialOrder, TrialReport } from "./protocol.js";

export interface Trial {
  /** Root of the copy: `Workshop.plant`, `Workshop.cleanRoot`. */
  readonly root: string;
  readonly scenario: string;
  readonly seeds: readonly number[];
  readonly parameters?: Readonly<Record<string, number | string>>;
  readonly faults?: Readonly<Record<string, boolean>>;
  /** Findings to stop at. Without it any finding will do. */
  readonly wanted?: Pick<Catcher, "invariants" | "message">;
  /** A seed that takes longer on the wall clock is hung. */
  readonly watchdogMs: number;
}

export interface TrialEnd {
  /**
   * `caught`: a wanted finding. `exhausted`: none in any seed that was tried. `not-loaded`: the code could not be loaded, or
   * has no such scenario; no seed ran.
   */
  readonly end: "caught" | "exhausted" | "not-loaded";
  /** Of the end `caught`. A seed that hung is `limits/hung`, one that killed its process `limits/died`. */
  readonly caught?: Caught;
  /** Findings that were not wanted: how many seeds for each invariant. */
  readonly others: ReadonlyMap<string, number>;
  /** The first of them. */
  readonly firstOther?: Caught;
  /** Seeds that were begun. */
  readonly seedsTried: number;
  /** Of the process, loading included. Where it had to be ended, up to its last seed and the wait for it. */
  readonly cpuSeconds: number;
  /** Why it was not loaded. */
  readonly reason?: string;
}

// Tests run the sources, but a child process needs what is built of them.
const CHILD_MODULE = import.meta.url.endsWith(".ts")
  ? "../../dist/runner/mutants/trial-child.js"
  : "./trial-child.js";
const CHILD = fileURLToPath(new URL(CHILD_MODULE, import.meta.url));
const US_PER_SECOND = 1_000_000;
/** After so many lost processes a trial gives up: a mutant may hang in every seed. */
const MAX_LOST_PROCESSES = 3;

/** Never throws because of what the code in the copy does. */
export async function runTrial(trial: Trial): Promise<TrialEnd> {
  const attempt = new Attempt(trial);
  let end = await attempt.run(trial.seeds);
  // A process that hung or died over a seed where something else was wanted: the others still have their turn.
  for (let lost = 1; end === undefined; lost++) {
    end = await attempt.run(lost < MAX_LOST_PROCESSES ? attempt.seedsLeft() : []);
  }
  return end;
}

/** One trial over as many processes as it takes. */
class Attempt {
  readonly #trial: Trial;
  readonly #others: Map<string, number> = new Map();
  #firstOther: Caught | undefined;
  #seedsTried = 0;
  #cpuUsBefore = 0;
  #cpuUs = 0;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  seedsLeft(): readonly number[] {
    return this.#trial.seeds.slice(this.#seedsTried);
  }

  /** Resolves with undefined where the process was lost over a seed that does not end the trial. */
  run(seeds: readonly number[]): Promise<TrialEnd | undefined> {
    if (seeds.length === 0) return Promise.resolve(this.#ended("exhausted"));
    const child = spawnChild();
    return new Promise((resolve) => {
      let current: number | undefined;
      let end: TrialEnd | undefined;
      let lost = "limits/died";
      const watchdog = setTimeout(() => {
        lost = "limits/hung";
        this.#cpuUs += this.#trial.watchdogMs * 1_000;
        child.kill("SIGKILL");
      }, this.#trial.watchdogMs);
      child.on("message", (report: TrialReport) => {
        watchdog.refresh();
        if (report.kind === "seed") current = report.seed;
        end = this.#take(report) ?? end;
      });
      child.once("exit", (code, signal) => {
        clearTimeout(watchdog);
        this.#cpuUsBefore += this.#cpuUs;
        this.#cpuUs = 0;
        resolve(end ?? this.#lose(current, lost, `exit code ${code}, signal ${signal}`));
      });
      child.send(this.#order(seeds));
    });
  }

  #order(seeds: readonly number[]): TrialOrder {
    const { root, scenario, parameters, faults, wanted } = this.#trial;
    return {
      root,
      scenario,
      parameters: Object.entries(parameters ?? {}),
      faults: Object.entries(faults ?? {}),
      seeds,
      ...(wanted === undefined
        ? {}
        : {
            wanted: {
              invariants: wanted.invariants,
              ...(wanted.message === undefined ? {} : { message: wanted.message.source }),
            },
          }),
    };
  }

  #take(report: TrialReport): TrialEnd | undefined {
    if ("cpuUs" in report) this.#cpuUs = report.cpuUs;
    if (report.kind === "seed") this.#seedsTried++;
    if (report.kind === "other") this.#noteOther(caughtOf(report));
    if (report.kind === "not-loaded") return { ...this.#ended("not-loaded"), reason: report.reason };
    if (report.kind === "exhausted") return this.#ended("exhausted");
    if (report.kind === "caught") return this.#ended("caught", caughtOf(report));
    return undefined;
  }

  /** The process went away over a seed: a finding like any other. */
  #lose(seed: number | undefined, invariant: string, message: string): TrialEnd | undefined {
    if (seed === undefined) return { ...this.#ended("not-loaded"), reason: `${invariant}: ${message}` };
    const caught = { seed, invariant, message };
    const { wanted } = this.#trial;
    if (wanted === undefined || wanted.invariants.includes(invariant)) return this.#ended("caught", caught);
    this.#noteOther(caught);
    return undefined;
  }

  #noteOther(other: Caught): void {
    this.#firstOther ??= other;
    this.#others.set(other.invariant, (this.#others.get(other.invariant) ?? 0) + 1);
  }

  #ended(end: TrialEnd["end"], caught?: Caught): TrialEnd {
    return {
      end,
      others: this.#others,
      seedsTried: this.#seedsTried,
      cpuSeconds: (this.#cpuUsBefore + this.#cpuUs) / US_PER_SECOND,
      ...(caught === undefined ? {} : { caught }),
      ...(this.#firstOther === undefined ? {} : { firstOther: this.#firstOther }),
    };
  }
}

function caughtOf({ seed, invariant, message }: Caught): Caught {
  return { seed, invariant, message };
}

const children = new Set<ChildProcess>();
// A child in an endless loop would not notice that its parent is gone.
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

function spawnChild(): ChildProcess {
  const child = fork(CHILD, { execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}
