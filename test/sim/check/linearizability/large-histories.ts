/** Large linearizable histories of many clients at once. */
import type { Operation } from "#sim/check/history.js";
import type { KeyValueInput, Value, ValueOutput } from "#sim/check/linearizability/index.js";
import { drawFrom } from "./random-histories.js";

export interface LargeShape {
  readonly seed: number;
  readonly clients: number;
  readonly operations: number;
  readonly keys: number;
  /** `cas` matches about every second time, `sure-cas` always. */
  readonly words: readonly ("get" | "put" | "append" | "delete" | "cas" | "sure-cas")[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type LargeOperation = Mutable<Operation<KeyValueInput, ValueOutput>>;

/** Values are unique: the number of the operation that wrote them, or its text where it appended. */
export function largeHistory({ seed, clients, operations, keys, words }: LargeShape): LargeOperation[] {
  const draw = drawFrom(seed);
  const values = new Map<string, Value>();
  const history: LargeOperation[] = [];
  const busy: ({ asked: LargeOperation; seen: boolean } | undefined)[] = Array.from({ length: clients });
  let open = 0;
  let position = 0;

  const serve = (asked: LargeOperation): void => {
    const { input } = asked;
    const value = values.get(input.key) ?? null;
    if (input.op === "get") asked.output = value;
    else if (input.op === "put") values.set(input.key, input.value);
    else if (input.op === "append") values.set(input.key, `${value ?? ""}${input.value}`);
    else if (input.op === "delete") values.delete(input.key);
    else {
      asked.output = value === input.from;
      if (asked.output) values.set(input.key, input.to);
    }
  };
  const ask = (id: number): { input: KeyValueInput; sure: boolean } => {
    const key = String(draw(keys));
    const word = words[draw(words.length)]!;
    if (word === "get" || word === "delete") return { input: { op: word, key }, sure: false };
    if (word === "put") return { input: { op: word, key, value: id }, sure: false };
    if (word === "append") return { input: { op: word, key, value: `${id}.` }, sure: false };
    return { input: { op: "cas", key, from: values.get(key) ?? null, to: id }, sure: word === "sure-cas" };
  };

  while (history.length < operations || open > 0) {
    const client = draw(clients);
    const now = busy[client];
    if (now === undefined) {
      if (history.length === operations) continue;
      const id = history.length;
      const { input, sure } = ask(id);
      const asked: LargeOperation = {
        id,
        client,
        input,
        invokedAt: position++,
        answeredAt: undefined,
        outcome: "open",
        output: undefined,
        reason: undefined,
      };
      if (sure) serve(asked);
      busy[client] = { asked, seen: sure };
      history.push(asked);
      open++;
    } else if (!now.seen && draw(2) === 0) {
      serve(now.asked);
      now.seen = true;
    } else {
      if (!now.seen) serve(now.asked);
      now.asked.outcome = "ok";
      now.asked.answeredAt = position++;
      busy[client] = undefined;
      open--;
    }
  }
  return history;
}
