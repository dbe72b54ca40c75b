/** The same as a session through flags: stop somewhere, show, and be done. */
import type { Step } from "./step.js";
import { EXIT } from "../exit-codes.js";
import { UsageError } from "../errors.js";
import type { Output } from "../output.js";
import { findingText } from "#reports/timeline.js";
import { clockTime, plural } from "#reports/format.js";
import { AnyMatcher, parseCondition, type Condition } from "./condition.js";
import { Journey } from "./journey.js";
import { Looks } from "./looks.js";
import { hint, noMatch, OTHER, parsePlace, travel, type Place } from "./place.js";
import { stepData, stepLines, whereLines } from "./step-text.js";
import type { Subject } from "./subject.js";
import { verdictLines } from "./verdict.js";

/** What is asked for, as typed. */
export interface ExamineArguments {
  /** Where to stop: an event's id, a time, a condition. */
  readonly at?: string;
  readonly break?: readonly string[];
  /** Names of nodes, or `all`. */
  readonly state?: readonly string[];
  readonly disk?: readonly string[];
  /** Events to show after the stop. */
  readonly steps?: number;
  readonly json?: boolean;
}

/**
 * Shows it and gives the exit code: the verdict's where the run was followed to its end, else 0. Throws `UsageError`
 * for what makes no sense, and where the run never comes to the place.
 */
export async function examine(subject: Subject, args: ExamineArguments, output: Output): Promise<number> {
  const examination = new Examination(subject, args, output);
  try {
    return await examination.run();
  } finally {
    await examination.close();
  }
}

class Examination {
  readonly #subject: Subject;
  readonly #args: ExamineArguments;
  readonly #output: Output;
  readonly #journey: Journey;
  readonly #looks: Looks;
  readonly #at: Place | undefined;
  readonly #breaks: readonly Condition[];

  constructor(subject: Subject, args: ExamineArguments, output: Output) {
    this.#subject = subject;
    this.#args = args;
    this.#output = output;
    this.#at = args.at === undefined ? undefined : parsePlace("--at", args.at);
    this.#breaks = (args.break ?? []).map((text) => parseCondition("--break", text));
    this.#journey = new Journey(subject);
    this.#looks = new Looks(this.#journey, output.outPalette);
  }

  close(): Promise<void> {
    return this.#journey.close();
  }

  async run(): Promise<number> {
    const { state = [], disk = [], steps } = this.#args;
    const stops = state.length > 0 || disk.length > 0 || steps !== undefined;
    if (this.#at !== undefined) await travel(this.#journey, this.#at, "--at");
    if (this.#breaks.length > 0) {
      await this.#follow(!stops);
      if (!stops) return this.#conclude();
    } else if (this.#at === undefined) await travel(this.#journey, { kind: "end" }, "--at");
    this.#showPlace();
    for (const name of state) await this.#showState(name);
    for (const name of disk) await this.#showDisk(name);
    for (let i = 0; i < (steps ?? 0); i++) {
      if ((await this.#journey.forward(NEXT)) === "end") return this.#conclude();
      this.#showStep("step", this.#journey.here!);
    }
    return this.#journey.isAtEnd ? this.#conclude() : EXIT.held;
  }

  /** To the first hit, or over all of them to the end of the run. */
  async #follow(all: boolean): Promise<void> {
    const matcher = new AnyMatcher(this.#breaks);
    const needsRun = this.#breaks.some((condition) => condition.needsRun);
    let hits = 0;
    const arrival = await this.#journey.forward({
      needsRun,
      matcher: () => ({
        begin: (run) => matcher.begin(run),
        matches: (step, run) => {
          if (!matcher.matches(step, run)) return false;
          if (!all) return true;
          hits++;
          this.#showHit(step, matcher.hits);
          return false;
        },
      }),
    });
    if (arrival === "end" && hits === 0) this.#missed(all);
  }

  /** To list the hits and find none is an answer; to stop at what never comes is a mistake. */
  #missed(isAnswer: boolean): void {
    const [condition] = this.#breaks;
    const text = this.#breaks.map((each) => each.text).join(", ");
    const [found, todo] = [noMatch({ text }, this.#journey), hint(condition!, this.#journey) ?? OTHER];
    if (!isAnswer) throw new UsageError("--break", "a place in the run", found, todo);
    this.#output.err(`${found}; ${todo}\n`);
  }

  #showHit(step: Step, conditions: readonly Condition[]): void {
    const texts = conditions.map(({ text }) => text);
    if (this.#args.json === true) this.#json("hit", { conditions: texts, ...stepData(step) });
    else {
      const name = this.#output.outPalette.bold(texts.join(", "));
      this.#lines([`-- ${name} at ${clockTime(step.event.timeUs)}, event ${step.event.id}`]);
      this.#lines(stepLines(step, this.#output.outPalette));
    }
  }

  #showStep(type: string, step: Step): void {
    if (this.#args.json === true) this.#json(type, stepData(step));
    else this.#lines(stepLines(step, this.#output.outPalette));
  }

  #showPlace(): void {
    const { here } = this.#journey;
    if (here === undefined) {
      if (this.#args.json !== true) this.#lines(["before the first event"]);
    } else if (this.#args.json === true) this.#json("place", stepData(here));
    else this.#lines(whereLines(here, (id) => this.#journey.known(id), this.#output.outPalette));
  }

  async #showState(name: string): Promise<void> {
    if (this.#args.json === true) {
      for (const view of await this.#looks.stateData(name)) this.#json("state", view);
    } else this.#lines(["", ...(await this.#looks.state(name, undefined))]);
  }

  async #showDisk(name: string): Promise<void> {
    if (this.#args.json === true) {
      for (const data of await this.#looks.diskData(name)) this.#json("disk", data);
    } else this.#lines(["", ...(await this.#looks.disk(name, undefined))]);
  }

  /** The run is over. */
  #conclude(): number {
    const report = this.#journey.report!;
    if (this.#args.json === true) {
      const { seed, verdict, traceHash, events, simTimeUs, findings } = report;
      this.#json("end", { seed, verdict, traceHash, events, simTimeUs, findings });
    } else {
      this.#lines(["", `the end of the run, after ${plural(report.events, "event")}`]);
      for (const finding of report.findings) this.#output.out(findingText(finding, this.#output.outPalette));
      this.#lines(verdictLines(this.#subject, report, this.#journey.endedRun));
    }
    return report.verdict === "pass" ? EXIT.held : EXIT.broken;
  }

  #lines(lines: readonly string[]): void {
    for (const line of lines) this.#output.out(`${line}\n`);
  }

  #json(type: string, data: object): void {
    this.#output.out(`${JSON.stringify({ type, ...data })}\n`);
  }
}

const NEXT = { needsRun: false, matcher: () => ({ begin: () => {}, matches: () => true }) };
