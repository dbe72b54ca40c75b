// The checker against a plain Wing-Gong-Lowe search, on many small histories.
import { describe, expect, it } from "vitest";
import type { Operation } from "#sim/check/history.js";
import { JustInTimeSearch } from "#sim/check/linearizability/just-in-time.js";
import {
  checkLinearizable,
  keyValueModel,
  type Explanation,
  type KeyValueInput,
  type Model,
  type Value,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";
import { ModelMachine } from "#sim/check/linearizability/machine.js";
import { partition } from "#sim/check/linearizability/partition.js";
import { ValueMachine } from "#sim/check/linearizability/value-machine.js";
import { valueOperations } from "#sim/check/linearizability/values.js";
import { checkByZones } from "#sim/check/linearizability/zones.js";
import { drawFrom, drawMix, randomHistory, type KeyValueHistory } from "./random-histories.js";
import { isLinearizable } from "./wing-gong-lowe.js";

const HISTORIES = 100_000;
/** One in so many histories is also given to each path of the checker alone. */
const PATHS_EVERY = 8;
/** No search on histories this small comes near. */
const AMPLE_STEPS = 1_000_000;

const model = keyValueModel();

function historyOf(seed: number): KeyValueHistory {
  const draw = drawFrom(seed);
  return randomHistory(draw, drawMix(draw));
}

function text(history: KeyValueHistory): string {
  return history
    .map(
      (o) => `client ${o.client} [${o.invokedAt}..${o.answeredAt ?? ""}] ${o.outcome} ${model.describe(o)}`,
    )
    .join("\n");
}

function closed({ outcome }: Operation<unknown, unknown>): boolean {
  return outcome === "ok" || outcome === "failed";
}

/** What is wrong with an explanation; undefined where nothing is. */
function flaw(
  history: KeyValueHistory,
  { prefix, operation, state, certain }: Explanation<Value, KeyValueInput, ValueOutput>,
): string | undefined {
  const position = operation.answeredAt!;
  if (!certain) return "it is not certain";
  if (isLinearizable(model, history, position + 1)) return "the operation does fit";
  if (!isLinearizable(model, history, position)) return "the history was broken before";
  const mustBeThere = history.filter(
    (o) => closed(o) && o.answeredAt! < position && model.roleOf(o) !== "nothing",
  );
  if (!mustBeThere.every((o) => prefix.includes(o))) return "an answered operation is missing";
  if (new Set(prefix).size !== prefix.length || prefix.includes(operation))
    return "an operation is there twice";
  let value = model.initial;
  for (const [i, o] of prefix.entries()) {
    if (o.invokedAt > position) return "an operation came too early";
    if (prefix.slice(i + 1).some((later) => closed(later) && later.answeredAt! < o.invokedAt)) {
      return "the prefix is against real time";
    }
    const next = model.step(value, o);
    if (next === undefined) return "the prefix is no run of the model";
    value = next;
  }
  return value === state ? undefined : "the state is another";
}

interface Count {
  linearizable: number;
  violation: number;
}

/** What each path of the checker says alone; nothing where the zones can't tell. */
function onEveryPath(history: KeyValueHistory): { zones: keyof Count | undefined; all: string[] } {
  const [part] = partition(model, history);
  if (part === undefined) return { zones: undefined, all: [] };
  const actions = valueOperations(model, part);
  const { kind } = checkByZones(part, actions);
  const zones = kind === "undecided" ? undefined : kind;
  const values = new JustInTimeSearch(part, new ValueMachine(part, actions), AMPLE_STEPS).run();
  const plain = new JustInTimeSearch(part, new ModelMachine(model, part), AMPLE_STEPS).run();
  return { zones, all: zones === undefined ? [values, plain] : [zones, values, plain] };
}

describe("the checker and a plain search", () => {
  it(`agree on ${HISTORIES} random histories, on every path, and explanations are true`, () => {
    const count: Count = { linearizable: 0, violation: 0 };
    const byZones: Count = { linearizable: 0, violation: 0 };
    const wrong: string[] = [];
    for (let seed = 1; seed <= HISTORIES && wrong.length < 3; seed++) {
      const history = historyOf(seed);
      const expected = isLinearizable(model, history) ? "linearizable" : "violation";
      const found = checkLinearizable(model, history, { stepBudget: AMPLE_STEPS });
      count[expected]++;
      const complain = (because: string): number => wrong.push(`seed ${seed}: ${because}\n${text(history)}`);
      if (found.verdict !== expected) complain(`${found.verdict} instead of ${expected}`);
      else if (found.verdict === "violation") {
        const because = flaw(history, found.explanation);
        if (because !== undefined) complain(because);
      }
      if (seed % PATHS_EVERY !== 0) continue;
      const { zones, all } = onEveryPath(history);
      if (zones !== undefined) byZones[zones]++;
      if (all.some((each) => each !== expected)) complain(`${all.join(", ")} instead of ${expected}`);
    }
    expect(wrong).toEqual([]);
    expect(count.linearizable).toBeGreaterThan(HISTORIES / 2);
    expect(count.violation).toBeGreaterThan(HISTORIES / 10);
    expect(byZones.linearizable).toBeGreaterThan(HISTORIES / PATHS_EVERY / 5);
    expect(byZones.violation).toBeGreaterThan(HISTORIES / PATHS_EVERY / 20);
  });

  it("agree where keys are mixed: a history holds if and only if each key's part does", () => {
    const keys = ["a", "b", "c"];
    for (let seed = 1; seed <= 2_000; seed++) {
      const draw = drawFrom(seed);
      const history = historyOf(seed).map((o) => ({ ...o, input: { ...o.input, key: keys[draw(3)]! } }));
      const whole: Model<Value, KeyValueInput, ValueOutput> = model;
      const apart = keys.every((key) =>
        isLinearizable(
          whole,
          history.filter((o) => o.input.key === key),
        ),
      );
      expect(checkLinearizable(whole, history).verdict).toBe(apart ? "linearizable" : "violation");
    }
  });
});
