/**
 * Conditions to stop at. docs/replay.md has the language; in short:
 *
 *     4711, #4711          the event with this id
 *     1.5s                 the first event at this time or after it
 *     raft/role-changed    whatever has this name: a kind of event, effect or observation, a type of message, a
 *                          mark, an invariant; `raft/*` for all that begin so
 *     raft/leader, leader  a node's status begins with this word from now on
 *     crash, fault         a fault of this kind strikes, or any; `crash@n1:0.1.0`: this one
 *     n2                   an event of this node
 *     n2:leader            one of the names above, on this node; also `n2 becomes leader`
 *     n2.commit            a field of what the node says of itself changes; `n2.*`: any
 *     n2.role=leader       it comes true; also != < <= > >=
 */
import { printable } from "#reports/printable.js";
import type { Run } from "#sim/scenario.js";
import { UsageError } from "../errors.js";
import { parseDurationUs } from "../input/duration.js";
import { fieldOf, fieldText } from "./fields.js";
import { namesOf, type Step } from "./step.js";

export interface Condition {
  /** As typed, but printable. */
  readonly text: string;
  /** The node that it names. */
  readonly node: string | undefined;
  /** The name that it looks for, for suggestions. */
  readonly name: string | undefined;
  /** Whether it takes the run itself to tell, not only what is known of a step. */
  readonly needsRun: boolean;
  /** Each search has a matcher of its own, which hears of every step from the place where the search begins. */
  matcher(): Matcher;
}

export interface Matcher {
  /** Where the search begins: the run as it is there. Only called where the condition needs it. */
  begin(run: Run): void;
  matches(step: Step, run: Run | undefined): boolean;
}

const ID = /^#?(\d{1,16})$/;
const TIME = /^\d[\d.]*(us|ms|s|m|h)$/;
const FAULT_ID = /^[a-z-]+@.+:\d+\.\d+\.\d+$/;
const BECOMES = /^(\S+) becomes (\S+)$/;
const FIELD = /^([A-Za-z_][^\s.:=<>!]*)\.(\*|[^\s=<>!]+?)\s*(?:(!=|<=|>=|=|<|>)\s*(\S+))?$/;
const ON_NODE = /^([^\s:]+):(\S+)$/;
const NAME = /^[A-Za-z][\w-]*(\/[\w*-]+)*\*?$/;

/** Throws `UsageError`; `where` names the option or the command. */
export function parseCondition(where: string, text: string): Condition {
  const trimmed = text.trim();
  const id = ID.exec(trimmed);
  if (id !== null) return simple(trimmed, ({ event }) => event.id === Number(id[1]));
  if (TIME.test(trimmed)) {
    const timeUs = parseDurationUs(where, trimmed);
    return simple(trimmed, ({ event, previousUs }) => event.timeUs >= timeUs && previousUs < timeUs);
  }
  if (FAULT_ID.test(trimmed)) return named(trimmed, undefined, trimmed);
  const becomes = BECOMES.exec(trimmed) ?? ON_NODE.exec(trimmed);
  if (becomes !== null && (NAME.test(becomes[2]!) || becomes[2] === "*")) {
    return named(trimmed, becomes[1], becomes[2]!);
  }
  const field = FIELD.exec(trimmed);
  if (field !== null) return ofField(trimmed, field[1]!, field[2]!, field[3], field[4]);
  if (NAME.test(trimmed)) return named(trimmed, undefined, trimmed);
  throw new UsageError(
    where,
    "an event's id, a time, a name such as raft/leader, NODE:NAME, or NODE.FIELD with or without =VALUE",
    JSON.stringify(text),
    "see `help conditions` in replay --step, or docs/replay.md",
  );
}

/** Any of them. */
export class AnyMatcher implements Matcher {
  /** Those that the last step matched. */
  hits: readonly Condition[] = [];
  readonly #conditions: readonly Condition[];
  readonly #matchers: readonly Matcher[];

  constructor(conditions: readonly Condition[]) {
    this.#conditions = conditions;
    this.#matchers = conditions.map((condition) => condition.matcher());
  }

  begin(run: Run): void {
    for (const matcher of this.#matchers) matcher.begin(run);
  }

  /** Asks each one: they follow the run. */
  matches(step: Step, run: Run | undefined): boolean {
    this.hits = this.#conditions.filter((_, i) => this.#matchers[i]!.matches(step, run));
    return this.hits.length > 0;
  }
}

function simple(text: string, matches: (step: Step) => boolean): Condition {
  const matcher = { begin: () => {}, matches };
  return { text: printable(text), node: undefined, name: undefined, needsRun: false, matcher: () => matcher };
}

function named(text: string, node: string | undefined, name: string): Condition {
  const prefix = name.endsWith("*") ? name.slice(0, -1) : undefined;
  const fits = (found: string): boolean => (prefix === undefined ? found === name : found.startsWith(prefix));
  const matches = (step: Step): boolean => {
    for (const [found, on] of namesOf(step)) {
      if (fits(found) && (node === undefined || on === node)) return true;
    }
    return false;
  };
  return { ...simple(text, matches), node, name };
}

function ofField(
  text: string,
  node: string,
  path: string,
  operator: string | undefined,
  value: string | undefined,
): Condition {
  const look = (run: Run): string => {
    const incarnation = run.world.node(node)?.incarnation;
    if (incarnation?.alive !== true) return "none";
    return fieldText(fieldOf(incarnation.inspect(), path === "*" ? "" : path));
  };
  const matcher = (): Matcher => {
    let last = "none";
    return {
      begin: (run) => void (last = look(run)),
      matches: ({ event }, run) => {
        // A node changes in its own events; the world's may end its process.
        if (event.node !== node && event.node !== "") return false;
        const before = last;
        last = look(run!);
        if (operator === undefined) return last !== before;
        return compares(last, operator, value!) && !compares(before, operator, value!);
      },
    };
  };
  return { text: printable(text), node, name: undefined, needsRun: true, matcher };
}

function compares(found: string, operator: string, value: string): boolean {
  switch (operator) {
    case "=":
      return found === value;
    case "!=":
      return found !== value;
    case "<":
      return Number(found) < Number(value);
    case "<=":
      return Number(found) <= Number(value);
    case ">":
      return Number(found) > Number(value);
    default:
      return Number(found) >= Number(value);
  }
}
