/** The clients of a store, and what they asked for, in words. */
import {
  textOfKey,
  type KeyRange,
  type StoreAnswer,
  type StoreInput,
  type StoreOperation,
  type StoreOracle,
} from "#sim/check/index.js";
import type { ClientsTold } from "#sim/narration.js";
import { keyOfPayload } from "../wal/payload.js";

/** A key is told by its number among `keys`. Behind so many clients comes the one that looks at everything. */
export function clientsOf(
  { history }: StoreOracle,
  keys: readonly Uint8Array[],
  clients: number,
): ClientsTold<StoreInput, StoreAnswer> {
  const names = new Map(keys.map((key, index) => [textOfKey(key), `k${index}`]));
  const nameOf = (key: Uint8Array): string => names.get(textOfKey(key)) ?? "another key";
  return {
    history,
    name: (client) => (client === clients ? "the checker" : `client ${client + 1}`),
    describe: (operation) => ({ asked: asked(operation.input, nameOf), answered: answered(operation) }),
  };
}

type NameOf = (key: Uint8Array) => string;

function asked(input: StoreInput, nameOf: NameOf): string {
  if (input.kind === "write") {
    return input.changes
      .map(({ key, value }) =>
        value === undefined ? `delete ${nameOf(key)}` : `put ${nameOf(key)} = ${valueText(value)}`,
      )
      .join(", ");
  }
  const of = input.isSnapshot ? ` of the snapshot at ${input.sequence}` : "";
  return input.kind === "get"
    ? `get ${nameOf(input.key)}${of}`
    : `scan ${rangeText(input.range, nameOf)}${of}`;
}

function rangeText({ gte, gt, lt, lte, reverse }: KeyRange, nameOf: NameOf): string {
  const lower = gte === undefined ? (gt === undefined ? "" : `above ${nameOf(gt)} `) : `from ${nameOf(gte)} `;
  const upper = lte === undefined ? (lt === undefined ? "" : `below ${nameOf(lt)} `) : `to ${nameOf(lte)} `;
  return `${lower}${upper}${reverse === true ? "backwards" : "forwards"}`;
}

function answered({ outcome, output, reason }: StoreOperation): string {
  if (outcome === "open") return "";
  if (outcome !== "ok" || output === undefined) return `${outcome}: ${reason ?? ""}`;
  if (output.kind === "written") return `sequence ${output.sequence}`;
  if (output.kind === "entries") return `${output.count} entries`;
  return output.value === undefined ? "absent" : valueText(output.value);
}

function valueText(value: Uint8Array): string {
  return `v${keyOfPayload(value)} (${value.length} bytes)`;
}
