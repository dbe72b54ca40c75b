/** What the clients of the scenario asked for, and were answered, in words. */
import { unreachable } from "#engines/env/index.js";
import type { ClientsTold, OperationTold } from "#sim/narration.js";
import type { TransactionAnswer, TransactionInput, TransactionOperation } from "#sim/check/index.js";
import type { BrokerPlan } from "../broker/plan.js";
import type { Calls } from "./calls.js";
import type { TransactionsPlan } from "./plan.js";

/** What the clients asked for and were answered. */
export function clientsOf(
  { producers, consumers }: BrokerPlan,
  { writers, pipeline, readers }: TransactionsPlan,
  { oracle }: Calls,
): ClientsTold<TransactionInput, TransactionAnswer> {
  const names = [
    ...writers.map((_, index) => `p${producers.length + index + 1}`),
    ...Array.from({ length: pipeline.members }, (_, index) => `w${index + 1}`),
    ...readers.map((_, index) => `r${consumers.length + index + 1}`),
  ];
  return { history: oracle.history, name: (client) => names[client] ?? "admin", describe };
}

function describe(operation: TransactionOperation): OperationTold {
  const { input } = operation;
  const told = { asked: asked(input), answered: answered(operation) };
  return "partition" in input ? { ...told, key: input.partition } : told;
}

function asked(input: TransactionInput): string {
  switch (input.kind) {
    case "send":
      return `send ${input.value} to ${input.partition} in transaction ${input.transaction}`;
    case "positions": {
      const texts = input.positions.map(({ partition, offset }) => `${partition} ${offset}`);
      return `move to ${texts.join(", ")} with transaction ${input.transaction}`;
    }
    case "end":
      return `${input.isCommit ? "commit" : "abort"} transaction ${input.transaction}`;
    case "read":
      return `read ${input.isCommitted ? "what is committed of" : "all of"} ${input.partition} from ${input.from}`;
    case "position":
      return `position of ${input.group} in ${input.partition}`;
    default:
      return unreachable(input);
  }
}

function answered({ outcome, output, reason = "" }: TransactionOperation): string {
  if (outcome === "open") return "";
  if (outcome !== "ok" || output === undefined) return `${outcome}, ${reason}`;
  if (output.kind === "records") return `${output.count} records, goes on at ${output.to}`;
  if (output.kind === "position") return output.offset === undefined ? "none yet" : String(output.offset);
  return "ok";
}
