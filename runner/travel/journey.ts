/**
 * Time travel: a place in a run, and the ways from it. Runs only go forward, so what lies behind comes from the
 * steps that were kept or, where the nodes themselves are asked for, from a run up to there.
 */
import { assert, SeedstormError } from "#engines/env/index.js";
import type { Run } from "#sim/scenario.js";
import type { SeedReport } from "#reports/seed-report.js";
import type { Matcher } from "./condition.js";
import { Ride } from "./ride.js";
import { digestOf, namesOf, type Step } from "./step.js";
import type { Subject } from "./subject.js";
import { Trail } from "./trail.js";

/** What to look for. */
export interface Search {
  readonly needsRun: boolean;
  matcher(): Matcher;
}

/** How a search went. */
export type Arrival = "found" | "end" | "interrupted";

/** A run again was not the same run. */
export class RunsDiffer extends SeedstormError {
  constructor(eventId: number) {
    super("RUNS_DIFFER", {
      expected: "the same run again",
      found: "another one",
      where: `event ${eventId}`,
      todo: "find what makes it differ with run --verify",
    });
  }
}

export class Journey {
  readonly subject: Subject;
  readonly #trail: Trail;
  /** Names that came by, for suggestions. */
  readonly #names: Set<string> = new Set();
  #ride: Ride | undefined;
  #here: Step | undefined;
  #report: SeedReport | undefined;
  #total: number | undefined;
  #endedRun: Run | undefined;
  #differsAt: number | undefined;
  #interrupted = false;

  /** Stands before the first event. `keptSteps`: see `Trail`. */
  constructor(subject: Subject, keptSteps?: number) {
    this.subject = subject;
    this.#trail = new Trail(keptSteps);
  }

  /** The event that was handled last; undefined before the first one. */
  get here(): Step | undefined {
    return this.#here;
  }

  get position(): number {
    return this.#here?.position ?? 0;
  }

  /** Whether nothing comes after this place, as far as is known. */
  get isAtEnd(): boolean {
    return this.position === this.#total;
  }

  /** What came of the run; undefined until its end was seen once. */
  get report(): SeedReport | undefined {
    return this.#report;
  }

  /** The run that came to its end last, as it was then. */
  get endedRun(): Run | undefined {
    return this.#endedRun;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** The step of the event with this id, where it is kept. */
  known(eventId: number): Step | undefined {
    return this.#trail.event(eventId);
  }

  /** The step at this position, where it is kept. */
  at(position: number): Step | undefined {
    return this.#trail.at(position);
  }

  /** The run as it is here, to look into. Undefined where somebody interrupted the way there. */
  async run(): Promise<Run | undefined> {
    return (await this.#rideTo(this.position))?.run;
  }

  /** What a node is here in the scenario's words. To be asked after `run`. */
  status(node: string): string | undefined {
    return this.#ride?.watcher.statuses.get(node);
  }

  /** Goes on until a step fits; to the last one where none does. */
  async forward(search: Search): Promise<Arrival> {
    this.#interrupted = false;
    const matcher = search.matcher();
    if (search.needsRun) {
      const run = await this.run();
      if (run === undefined) return "interrupted";
      matcher.begin(run);
    } else if (this.#walk(matcher)) return "found";
    const ride = await this.#rideTo(this.position);
    if (ride === undefined) return "interrupted";
    let found = false;
    await this.#advance(ride, (step) => {
      this.#here = step;
      return (found = matcher.matches(step, ride.run));
    });
    if (found) return "found";
    return ride.report === undefined ? "interrupted" : "end";
  }

  /** Over the steps that are kept. Whether one fits. */
  #walk(matcher: Matcher): boolean {
    for (;;) {
      const next = this.#trail.at(this.position + 1);
      if (next === undefined) return false;
      this.#here = next;
      if (matcher.matches(next, undefined)) return true;
    }
  }

  /** Goes back to the last step before this one that fits; stays where there is none. */
  async backward(search: Search): Promise<Arrival> {
    this.#interrupted = false;
    const matcher = search.matcher();
    if (!search.needsRun) {
      for (let position = this.position - 1; position >= this.#trail.first; position--) {
        const step = this.#trail.at(position)!;
        if (!matcher.matches(step, undefined)) continue;
        this.#here = step;
        return "found";
      }
      if (this.#trail.first === 1) return "end";
    }
    const until = search.needsRun ? this.position : this.#trail.first;
    const last = await this.#lastBefore(matcher, until);
    if (last === undefined) return this.#interrupted ? "interrupted" : "end";
    return this.goTo(last);
  }

  /** Position of the last step before `until` that fits, found by a run from the start. */
  async #lastBefore(matcher: Matcher, until: number): Promise<number | undefined> {
    const ride = await this.#begin();
    if (ride.run !== undefined) matcher.begin(ride.run);
    let last: number | undefined;
    if (until > 1) {
      await this.#advance(ride, (step) => {
        if (step.position >= until) return true;
        if (matcher.matches(step, ride.run)) last = step.position;
        return false;
      });
    }
    return this.#interrupted ? undefined : last;
  }

  /** Goes to this position; 0 is before the first event. "end": the run is shorter, and this place its last. */
  async goTo(position: number): Promise<Arrival> {
    this.#interrupted = false;
    if (position === 0) {
      this.#here = undefined;
      return "found";
    }
    const step = this.#trail.at(position);
    if (step !== undefined) {
      this.#here = step;
      return "found";
    }
    // Kept again from the start on, up to there.
    if (position < this.#trail.first) {
      this.#trail.clear();
      await this.#begin();
    }
    const ride = await this.#rideTo(position);
    if (ride === undefined) return "interrupted";
    this.#here = this.#trail.at(ride.position);
    return ride.position === position ? "found" : "end";
  }

  /** Stops the way that is being gone. For handlers of signals. */
  interrupt(): void {
    this.#interrupted = true;
    this.#ride?.interrupt();
  }

  /** Ends it all. */
  async close(): Promise<void> {
    const ride = this.#ride;
    this.#ride = undefined;
    if (ride !== undefined && ride.report === undefined) await ride.abandon();
  }

  /** A run that stands at this position, or at its end where that comes before. Undefined where interrupted. */
  async #rideTo(position: number): Promise<Ride | undefined> {
    let ride = this.#ride;
    if (ride === undefined || ride.position > position) ride = await this.#begin();
    if (ride.position < position && ride.report === undefined) {
      await this.#advance(ride, (step) => step.position === position);
    }
    return ride.position < position && ride.report === undefined ? undefined : ride;
  }

  async #begin(): Promise<Ride> {
    await this.close();
    return (this.#ride = new Ride(this.subject, (step) => this.#keep(step)));
  }

  async #advance(ride: Ride, until: (step: Step) => boolean): Promise<void> {
    if (ride.report !== undefined) return;
    await ride.advance((step) => until(step) || this.#differsAt !== undefined);
    if (this.#differsAt !== undefined) throw new RunsDiffer(this.#differsAt);
    if (ride.report === undefined) return;
    assert(this.#total === undefined || this.#total === ride.position, "a run ends where it ended before");
    this.#report = ride.report;
    this.#endedRun = ride.run;
    this.#total = ride.position;
  }

  #keep(step: Step): void {
    const { position } = step;
    const known = this.#trail.at(position);
    if (known !== undefined) {
      if (digestOf(known) !== digestOf(step)) this.#differsAt = step.event.id;
      return;
    }
    if (position !== this.#trail.last + 1) return;
    this.#trail.add(step);
    for (const [name] of namesOf(step)) this.#names.add(name);
  }
}
