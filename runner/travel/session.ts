/** A session of time travel: a command as text in, lines out. It knows no terminal. */
import { assert, unreachable } from "#engines/env/index.js";
import { clockTime } from "#reports/format.js";
import { PLAIN, type Palette } from "#reports/palette.js";
import { findingText } from "#reports/timeline.js";
import { EXIT } from "../exit-codes.js";
import { UsageError } from "../errors.js";
import { parseInteger } from "../input/integer.js";
import { suggest } from "../input/nearest.js";
import { COMMANDS, CONDITION_HELP, findCommand, helpLines, type CommandName } from "./commands.js";
import { AnyMatcher, parseCondition, type Condition } from "./condition.js";
import { Journey, type Arrival } from "./journey.js";
import { Looks } from "./looks.js";
import { hint, parsePlace, travel } from "./place.js";
import type { Step } from "./step.js";
import { stepLines, whereLines } from "./step-text.js";
import type { Subject } from "./subject.js";
import { verdictLines } from "./verdict.js";

const LISTED = 10;
/** Of a long way of single steps: the last ones are shown. */
const SHOWN_STEPS = 50;

export interface SessionOptions {
  readonly palette?: Palette;
  /** See `Trail`. */
  readonly keptSteps?: number;
}

export class Session {
  readonly #journey: Journey;
  readonly #looks: Looks;
  readonly #palette: Palette;
  #breaks: { readonly number: number; readonly condition: Condition }[] = [];
  #breaksMade = 0;
  #last = "";
  #isOver = false;
  #interrupted = false;
  #endShown = false;

  constructor(subject: Subject, { palette = PLAIN, keptSteps }: SessionOptions = {}) {
    this.#palette = palette;
    this.#journey = new Journey(subject, keptSteps);
    this.#looks = new Looks(this.#journey, palette);
  }

  /** Whether `quit` was said. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of the run's verdict where one has been to its end, else 0. */
  get exitCode(): number {
    const { report } = this.#journey;
    return report === undefined || report.verdict === "pass" ? EXIT.held : EXIT.broken;
  }

  /** Where one is, in a few characters: for a prompt. */
  get place(): string {
    const { here } = this.#journey;
    if (here === undefined) return "start";
    return `${clockTime(here.event.timeUs)} #${here.event.id}`;
  }

  /** Carries out one line. Throws `UsageError` where it makes no sense; the session goes on after that. */
  async execute(line: string): Promise<string[]> {
    const text = line.trim() === "" ? this.#last : line.trim();
    if (text === "") return [];
    const [word = "", ...words] = text.split(/\s+/);
    const command = findCommand(word);
    if (command === undefined) {
      const names = COMMANDS.map(({ name }) => name);
      throw new UsageError("command", "one of help's", word, suggest(word, names));
    }
    this.#last = command.repeats === true ? text : "";
    this.#interrupted = false;
    return this.#do(command.name, words);
  }

  /** Stops a long way; the session stays. For handlers of signals. */
  interrupt(): void {
    this.#interrupted = true;
    this.#journey.interrupt();
  }

  /** Words that may stand at the end of this line, for completion. */
  complete(line: string): string[] {
    const words = line.trimStart().split(/\s+/);
    const begun = words.at(-1)!;
    return this.#candidates(words)
      .filter((word) => word.startsWith(begun))
      .toSorted();
  }

  #candidates(words: readonly string[]): readonly string[] {
    if (words.length === 1) return COMMANDS.map(({ name }) => name);
    const command = findCommand(words[0]!);
    if (command === undefined) return [];
    const { takes, name } = command;
    if (takes.startsWith("[CONDITION"))
      return [...new Set([...this.#looks.knownNodes(), ...this.#journey.names])];
    if (words.length > 2) return [];
    if (takes.includes("NODE")) return this.#looks.knownNodes();
    if (name === "goto") return ["start", "end"];
    return name === "help" ? ["conditions"] : [];
  }

  /** Gives the run up. */
  close(): Promise<void> {
    return this.#journey.close();
  }

  async #do(name: CommandName, words: readonly string[]): Promise<string[]> {
    switch (name) {
      case "step":
        return this.#steps(words, "forward");
      case "back":
        return this.#steps(words, "backward");
      case "continue":
        return this.#search(words, "forward");
      case "reverse":
        return this.#search(words, "backward");
      case "goto":
        return this.#goto(words);
      case "break":
        return words.length === 0 ? this.#breakLines() : this.#break(words.join(" "));
      case "delete":
        return this.#delete(words);
      case "where":
        return this.#where();
      case "list":
        return this.#list(words);
      case "nodes":
        return this.#looks.nodes();
      case "state":
        return this.#looks.state(words[0] ?? "all", words[1]);
      case "disk":
        return this.#looks.disk(words[0] ?? "all", words[1]);
      case "faults":
        return this.#looks.faults();
      case "ops":
        return this.#looks.operations();
      case "help":
        return words[0]?.startsWith("cond") === true ? [...CONDITION_HELP] : helpLines();
      case "quit":
        this.#isOver = true;
        return [];
      default:
        return unreachable(name);
    }
  }

  async #steps(words: readonly string[], way: "forward" | "backward"): Promise<string[]> {
    const counts = words.filter((word) => /^\d+$/.test(word));
    const nodes = words.filter((word) => !/^\d+$/.test(word));
    if (counts.length > 1 || nodes.length > 1) {
      throw new UsageError(
        way === "forward" ? "step" : "back",
        "a node and a number at most",
        words.join(" "),
        "see help",
      );
    }
    const count = counts[0] === undefined ? 1 : parseInteger("step", counts[0], 1, Number.MAX_SAFE_INTEGER);
    const [node] = nodes;
    if (node !== undefined) await this.#looks.checkNode("step", node);
    const search = {
      needsRun: false,
      matcher: () => ({
        begin: () => {},
        matches: ({ event }: { readonly event: { readonly node: string } }) =>
          node === undefined || event.node === node,
      }),
    };
    const shown: Step[] = [];
    let arrival: Arrival = "found";
    for (let i = 0; i < count && arrival === "found" && !this.#interrupted; i++) {
      arrival = await this.#journey[way](search);
      if (arrival === "found") shown.push(this.#journey.here!);
      if (shown.length > SHOWN_STEPS) shown.shift();
    }
    if (way === "backward" && arrival === "end" && node === undefined) {
      await this.#journey.goTo(0);
      shown.length = 0;
    }
    // On the way back only the place where one is now is news.
    const lines = shown.slice(way === "forward" ? 0 : -1).flatMap((step) => stepLines(step, this.#palette));
    return [...lines, ...this.#arrived(arrival, way, node === undefined ? "" : `no event of ${node} `)];
  }

  async #search(words: readonly string[], way: "forward" | "backward"): Promise<string[]> {
    const conditions =
      words.length === 0
        ? this.#breaks.map(({ condition }) => condition)
        : [parseCondition("continue", words.join(" "))];
    const before = this.#journey.position;
    const matcher = new AnyMatcher(conditions);
    const needsRun = conditions.some((condition) => condition.needsRun);
    const arrival = await this.#journey[way]({ needsRun, matcher: () => matcher });
    if (arrival === "found") {
      const which = matcher.hits.map(({ text }) => text).join(", ");
      const said = way === "forward" && which !== "" ? [`at ${which}`] : [];
      return [...said, ...stepLines(this.#journey.here!, this.#palette)];
    }
    if (words.length > 0 && arrival === "end") {
      // Looking for what is not there leaves one where one was.
      await this.#journey.goTo(before);
      const [condition] = conditions;
      const where = way === "forward" ? "from here on" : "before this";
      const near = hint(condition!, this.#journey);
      return [`nothing matches ${condition!.text} ${where}${near === undefined ? "" : `; ${near}`}`];
    }
    if (way === "backward" && arrival === "end") await this.#journey.goTo(0);
    return this.#arrived(arrival, way, "");
  }

  async #goto(words: readonly string[]): Promise<string[]> {
    const place = parsePlace("goto", words.join(" "));
    const before = this.#journey.position;
    try {
      const arrival = await travel(this.#journey, place, "goto");
      if (arrival === "interrupted") return this.#arrived(arrival, "forward", "");
    } catch (error) {
      await this.#journey.goTo(before);
      throw error;
    }
    const { here } = this.#journey;
    if (here === undefined) return ["before the first event"];
    const lines = stepLines(here, this.#palette);
    return this.#journey.isAtEnd ? [...lines, ...this.#endLines()] : lines;
  }

  #break(text: string): string[] {
    const condition = parseCondition("break", text);
    const number = ++this.#breaksMade;
    this.#breaks.push({ number, condition });
    const warning = this.#looks.warningOf(condition.node);
    return [`break ${number}: ${condition.text}`, ...(warning === undefined ? [] : [warning])];
  }

  #breakLines(): string[] {
    if (this.#breaks.length === 0) return ["no break points"];
    return this.#breaks.map(({ number, condition }) => `break ${number}: ${condition.text}`);
  }

  #delete(words: readonly string[]): string[] {
    const [which = ""] = words;
    const kept = which === "all" ? [] : this.#breaks.filter(({ number }) => String(number) !== which);
    if (which !== "all" && kept.length === this.#breaks.length) {
      throw new UsageError("delete", "the number of a break point, or all", which, "see break");
    }
    this.#breaks = kept;
    return this.#breakLines();
  }

  #where(): string[] {
    const { here } = this.#journey;
    if (here === undefined) return ["before the first event"];
    const lines = whereLines(here, (id) => this.#journey.known(id), this.#palette);
    return this.#journey.isAtEnd ? [...lines, ...this.#endLines()] : lines;
  }

  #list(words: readonly string[]): string[] {
    const count = words[0] === undefined ? LISTED : parseInteger("list", words[0], 1, 10_000);
    const { position } = this.#journey;
    const lines: string[] = [];
    for (let at = Math.max(1, position - count + 1); at <= position; at++) {
      const step = this.#journey.at(at);
      if (step !== undefined) lines.push(...stepLines(step, this.#palette));
    }
    return lines.length === 0 ? ["before the first event"] : lines;
  }

  #arrived(arrival: Arrival, way: "forward" | "backward", what: string): string[] {
    if (arrival === "interrupted" || this.#interrupted) {
      const { here } = this.#journey;
      return ["interrupted", ...(here === undefined ? [] : stepLines(here, this.#palette))];
    }
    if (arrival === "found") return [];
    if (way === "backward") return [what === "" ? "before the first event" : `${what}before this`];
    return [...(what === "" ? [] : [`${what}from here on`]), ...this.#endLines()];
  }

  /** In full once, in a line after that. */
  #endLines(): string[] {
    const { report, subject } = this.#journey;
    assert(report !== undefined, "at the end the verdict is known");
    if (this.#endShown) return ["the end of the run"];
    this.#endShown = true;
    const findings = report.findings.flatMap((finding) =>
      findingText(finding, this.#palette).trimEnd().split("\n"),
    );
    return ["the end of the run", ...findings, ...verdictLines(subject, report, this.#journey.endedRun)];
  }
}
