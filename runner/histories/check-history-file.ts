/** Checks a history that somebody else recorded. */
import { readFileSync } from "node:fs";
import {
  checkLinearizable,
  describeExplanation,
  keyValueModel,
  registerModel,
  type CheckOptions,
  type KeyValueInput,
  type Model,
  type RegisterInput,
  type Value,
  type ValueOutput,
  type Verdict,
} from "#sim/check/linearizability/index.js";
import { UsageError } from "../errors.js";
import { assemble, KEY_VALUE, REGISTER, type Vocabulary } from "./assemble.js";
import { parseEdn } from "./edn.js";
import type { HistoryEvent } from "./event.js";
import { parseJepsenEtcd } from "./jepsen-etcd.js";
import { parseJsonl } from "./jsonl.js";

export const HISTORY_MODELS = ["register", "kv"] as const;
export type HistoryModel = (typeof HISTORY_MODELS)[number];

export const HISTORY_FORMATS = ["jepsen-etcd", "porcupine-kv", "edn", "jsonl"] as const;
export type HistoryFormat = (typeof HISTORY_FORMATS)[number];

const PARSERS: Readonly<Record<HistoryFormat, (text: string, file: string) => HistoryEvent[]>> = {
  "jepsen-etcd": parseJepsenEtcd,
  // Lines of EDN maps.
  "porcupine-kv": parseEdn,
  edn: parseEdn,
  jsonl: parseJsonl,
};

/** The model of which a format always is. */
const MODEL_OF: Readonly<Partial<Record<HistoryFormat, HistoryModel>>> = {
  "jepsen-etcd": "register",
  "porcupine-kv": "kv",
};

export interface HistoryFileReport {
  readonly verdict: Verdict<Value, RegisterInput | KeyValueInput, ValueOutput>;
  /** Operations in the file. */
  readonly operations: number;
  /** The verdict and its explanation for people, one line each. */
  readonly lines: readonly string[];
}

function report<Input extends RegisterInput | KeyValueInput>(
  model: Model<Value, Input, ValueOutput>,
  vocabulary: Vocabulary<Input>,
  events: readonly HistoryEvent[],
  file: string,
  options: CheckOptions,
): HistoryFileReport {
  const { operations } = assemble(events, vocabulary, file);
  if (operations.length === 0) {
    const todo = "check the path, or choose the format that the file has";
    throw new UsageError(file, "a history", "no operations", todo);
  }
  const found = checkLinearizable(model, operations, options);
  const noun = operations.length === 1 ? "operation" : "operations";
  const counted = `${operations.length} ${noun}, ${found.steps} steps of the model`;
  const lines = [`${found.verdict}: ${counted}`];
  if (found.verdict === "undecided") {
    lines.push(`the step budget ran out on keys ${JSON.stringify(found.keys)}`);
  }
  if (found.verdict === "violation") lines.push(...describeExplanation(model, found.explanation));
  return { verdict: found, operations: operations.length, lines };
}

/**
 * Checks the text of a recorded history. `file` is for messages. Throws `HistoryFormatError` where the text is
 * not of the format, `UsageError` where the format never holds such a model and where there are no operations:
 * nothing was proved then.
 */
export function checkHistoryText(
  text: string,
  file: string,
  model: HistoryModel,
  format: HistoryFormat,
  options: CheckOptions = {},
): HistoryFileReport {
  const only = MODEL_OF[format] ?? model;
  if (only !== model)
    throw new UsageError("--model", `${only} with ${format}`, model, "choose another format");
  const events = PARSERS[format](text, file);
  if (model === "register") return report(registerModel(), REGISTER, events, file, options);
  // Porcupine's store has no absent keys: it answers "".
  const absent = format === "porcupine-kv" ? "" : null;
  return report(keyValueModel(absent), KEY_VALUE, events, file, options);
}

/** As `checkHistoryText`, from a file. Throws `UsageError` too where it can't be read. */
export function checkHistoryFile(
  path: string,
  model: HistoryModel,
  format: HistoryFormat,
  options: CheckOptions = {},
): HistoryFileReport {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "an error";
    throw new UsageError(path, "a file that can be read", code, "check the path");
  }
  return checkHistoryText(text, path, model, format, options);
}
