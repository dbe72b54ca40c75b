import { describe, expect, it } from "vitest";
import { History } from "#sim/check/history.js";
import {
  checkLinearizable,
  describeExplanation,
  keyValueModel,
  MISMATCH,
  registerModel,
  type KeyValueInput,
  type Model,
  type RegisterInput,
  type Value,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";
import { drawFrom } from "./random-histories.js";

const read: RegisterInput = { op: "read" };
const write = (value: Value): RegisterInput => ({ op: "write", value });
const cas = (from: Value, to: Value): RegisterInput => ({ op: "cas", from, to });

type Registers = History<RegisterInput, ValueOutput>;

/** Runs an operation with nothing beside it. */
function alone(history: Registers, client: number, input: RegisterInput, output?: ValueOutput): void {
  history.ok(history.invoke(client, input), output);
}

function verdictOf(history: Registers): string {
  return checkLinearizable(registerModel(), history.operations).verdict;
}

describe("a register", () => {
  it("holds what was written last, and null at first", () => {
    const history: Registers = new History();
    alone(history, 1, read, null);
    alone(history, 1, write(1));
    alone(history, 2, read, 1);
    expect(verdictOf(history)).toBe("linearizable");
    alone(history, 1, write(2));
    alone(history, 2, read, 1);
    expect(verdictOf(history)).toBe("violation");
  });

  it("tells 1 from its text", () => {
    const history: Registers = new History();
    alone(history, 1, write(1));
    alone(history, 2, read, "1");
    expect(verdictOf(history)).toBe("violation");
  });

  it("is empty, and fine, where nothing happened", () => {
    expect(checkLinearizable(registerModel(), [])).toEqual({ verdict: "linearizable", steps: 0 });
  });

  it.each(["unknown", "open"] as const)("may take an %s write late, or never, but once", (outcome) => {
    const history: Registers = new History();
    const lost = history.invoke(1, write(1));
    if (outcome === "unknown") history.unknown(lost, "timeout");
    alone(history, 2, read, null);
    expect(verdictOf(history)).toBe("linearizable");
    alone(history, 2, read, 1);
    expect(verdictOf(history)).toBe("linearizable");
    alone(history, 2, write(2));
    alone(history, 2, read, 2);
    expect(verdictOf(history)).toBe("linearizable");
    alone(history, 2, read, 1);
    expect(verdictOf(history)).toBe("violation");
  });

  it("never shows what certainly failed", () => {
    const history: Registers = new History();
    history.failed(history.invoke(1, write(1)), "not-leader");
    expect(verdictOf(history)).toBe("linearizable");
    alone(history, 2, read, 1);
    expect(verdictOf(history)).toBe("violation");
  });

  it("refuses two compare-and-sets that took one value", () => {
    const history: Registers = new History();
    const [a, b] = [history.invoke(1, cas(null, 1)), history.invoke(2, cas(null, 2))];
    history.ok(a, true);
    expect(verdictOf(history)).toBe("linearizable");
    history.ok(b, true);
    expect(verdictOf(history)).toBe("violation");
  });

  it.each([
    ["as failed", (history: Registers) => history.failed(history.invoke(1, cas(7, 8)), MISMATCH)],
    ["as false", (history: Registers) => history.ok(history.invoke(1, cas(7, 8)), false)],
  ])("holds a mismatch against the value, answered %s", (_, mismatch) => {
    const history: Registers = new History();
    mismatch(history);
    expect(verdictOf(history)).toBe("linearizable");
    alone(history, 1, write(7));
    mismatch(history);
    expect(verdictOf(history)).toBe("violation");
  });

  it("learns nothing of the value from a compare-and-set that failed for another reason", () => {
    const history: Registers = new History();
    alone(history, 1, write(7));
    history.failed(history.invoke(1, cas(7, 8)), "not-leader");
    expect(verdictOf(history)).toBe("linearizable");
  });
});

describe("a key-value store", () => {
  const run = (absent: null | "", script: [KeyValueInput, ValueOutput][]): string => {
    const history = new History<KeyValueInput, ValueOutput>();
    for (const [input, output] of script) history.ok(history.invoke(0, input), output);
    return checkLinearizable(keyValueModel(absent), history.operations).verdict;
  };
  const key = "k";

  it("appends to what is there, or to nothing", () => {
    const script: [KeyValueInput, ValueOutput][] = [
      [{ op: "append", key, value: "a" }, undefined],
      [{ op: "append", key, value: "b" }, undefined],
      [{ op: "get", key }, "ab"],
    ];
    expect(run(null, script)).toBe("linearizable");
    expect(run("", script)).toBe("linearizable");
    expect(run(null, [...script, [{ op: "get", key }, "a"]])).toBe("violation");
  });

  it("answers for absent keys as it was told", () => {
    expect(run(null, [[{ op: "get", key }, null]])).toBe("linearizable");
    expect(run("", [[{ op: "get", key }, ""]])).toBe("linearizable");
    expect(run(null, [[{ op: "get", key }, ""]])).toBe("violation");
  });

  it("says truly whether a deleted key was there", () => {
    const put: [KeyValueInput, ValueOutput] = [{ op: "put", key, value: 1 }, undefined];
    const remove = (existed: boolean | undefined): [KeyValueInput, ValueOutput] => [
      { op: "delete", key },
      existed,
    ];
    expect(run(null, [remove(false), put, remove(true), remove(undefined), remove(false)])).toBe(
      "linearizable",
    );
    expect(run(null, [remove(true)])).toBe("violation");
    expect(run(null, [put, remove(false)])).toBe("violation");
  });
});

describe("an explanation", () => {
  it("names the key, the prefix, the operation and the state it met", () => {
    const history = new History<KeyValueInput, ValueOutput>();
    const put = history.invoke(0, { op: "put", key: "a", value: 1 });
    history.ok(put, undefined);
    const other = history.invoke(0, { op: "put", key: "b", value: 2 });
    history.ok(other, undefined);
    const stale = history.invoke(1, { op: "get", key: "a" });
    history.ok(stale, null);
    const found = checkLinearizable(keyValueModel(), history.operations);
    expect(found).toEqual({
      verdict: "violation",
      steps: 0,
      explanation: { key: "a", prefix: [put], operation: stale, state: 1, certain: true },
    });
    if (found.verdict !== "violation") return;
    expect(describeExplanation(keyValueModel(), found.explanation)).toEqual([
      'longest linearizable prefix of key "a": 1 operations',
      "  client 0 [0..1] put 1 -> ok",
      "state then: 1",
      "fits nowhere: client 1 [4..5] get -> null",
    ]);
  });
});

/** Writes of a few values by many clients, with unanswered ones: work for the search. */
function hard(seed: number, keys: readonly string[]): History<KeyValueInput, ValueOutput> {
  const draw = drawFrom(seed);
  const history = new History<KeyValueInput, ValueOutput>();
  const values = new Map<string, Value>();
  for (let round = 0; round < 30; round++) {
    for (const key of keys) {
      const open = Array.from({ length: 6 }, (_, client) =>
        history.invoke(client, { op: "put", key, value: draw(3) }),
      );
      for (const operation of open) history.ok(operation, undefined);
      const last = open[draw(open.length)]!.input;
      values.set(key, last.op === "put" ? last.value : null);
      history.ok(history.invoke(0, { op: "get", key }), values.get(key));
    }
  }
  return history;
}

describe("the step budget", () => {
  it("gives up, and names the keys, instead of guessing", () => {
    const { operations } = hard(1, ["x"]);
    expect(checkLinearizable(keyValueModel(), operations).verdict).toBe("linearizable");
    expect(checkLinearizable(keyValueModel(), operations, { stepBudget: 10 })).toMatchObject({
      verdict: "undecided",
      keys: ["x"],
    });
  });

  it("is enough at exactly what the search took, and gives the same answer each time", () => {
    const { operations } = hard(2, ["x"]);
    const { steps } = checkLinearizable(keyValueModel(), operations);
    expect(steps).toBeGreaterThan(100);
    expect(checkLinearizable(keyValueModel(), operations, { stepBudget: steps }).verdict).toBe(
      "linearizable",
    );
    expect(checkLinearizable(keyValueModel(), operations, { stepBudget: steps - 1 }).verdict).toBe(
      "undecided",
    );
  });

  it("leaves a hard key and goes on to find what is wrong with another", () => {
    const history = hard(3, ["x"]);
    const easy: [KeyValueInput, ValueOutput][] = [
      [{ op: "append", key: "y", value: "1" }, undefined],
      [{ op: "get", key: "y" }, "2"],
    ];
    for (const [input, output] of easy) history.ok(history.invoke(0, input), output);
    expect(checkLinearizable(keyValueModel(), history.operations, { stepBudget: 100 })).toMatchObject({
      verdict: "violation",
      explanation: { key: "y" },
    });
  });

  it("lends what easy keys left over to hard ones", () => {
    const { operations } = hard(4, ["x"]);
    const { steps } = checkLinearizable(keyValueModel(), operations);
    const history = hard(4, ["x"]);
    for (const key of ["a", "b", "c"]) {
      history.ok(history.invoke(0, { op: "append", key, value: "1" }), undefined);
    }
    // A quarter of it is too little for x, what is left after that is enough.
    const stepBudget = 2 * steps;
    expect(checkLinearizable(keyValueModel(), history.operations, { stepBudget }).verdict).toBe(
      "linearizable",
    );
  });
});

describe("a model of one's own", () => {
  type QueueInput = { readonly op: "push"; readonly value: number } | { readonly op: "pop" };
  /** A queue of numbers; its state is their text. */
  const queue: Model<string, QueueInput, number | undefined> = {
    name: "queue",
    initial: "",
    keyOf: () => 0,
    roleOf: () => "update",
    step: (state, { input, output, outcome }) => {
      if (input.op === "push") return `${state}${input.value},`;
      const end = state.indexOf(",") + 1;
      if (end === 0) return output === undefined ? state : undefined;
      return outcome === "ok" && state.slice(0, end) !== `${output},` ? undefined : state.slice(end);
    },
    stateKey: (state) => state,
    operationKey: ({ input, output, outcome }) => JSON.stringify([input, outcome, output ?? null]),
    describe: ({ input, output }) => (input.op === "push" ? `push ${input.value}` : `pop -> ${output}`),
    describeState: (state) => `[${state}]`,
  };

  it("is searched by its functions alone", () => {
    const history = new History<QueueInput, number | undefined>();
    const [a, b] = [history.invoke(0, { op: "push", value: 1 }), history.invoke(1, { op: "push", value: 2 })];
    history.ok(a, undefined);
    history.ok(b, undefined);
    const lost = history.invoke(2, { op: "push", value: 3 });
    history.unknown(lost, "timeout");
    for (const output of [2, 1, 3]) history.ok(history.invoke(0, { op: "pop" }), output);
    expect(checkLinearizable(queue, history.operations).verdict).toBe("linearizable");
    const again = history.invoke(0, { op: "pop" });
    history.ok(again, 1);
    expect(checkLinearizable(queue, history.operations)).toMatchObject({
      verdict: "violation",
      explanation: { operation: again, state: "" },
    });
  });
});
