/** What commands do to a key. */
import { unreachable } from "../../env/index.js";
import type { KeyValueCommand, KeyValueResult } from "./commands.js";

export interface Effect {
  readonly result: KeyValueResult;
  /** The key's value from now on; `null` for none. The one before where nothing is to be done. */
  readonly after: string | null;
}

/** `before`: the key's value, `null` for none. To a put it makes no difference. */
export function effectOf(command: KeyValueCommand, before: string | null): Effect {
  switch (command.op) {
    case "put":
      return { result: { kind: "ok" }, after: command.value };
    case "append":
      return { result: { kind: "ok" }, after: (before ?? "") + command.value };
    case "delete":
      return { result: { kind: "deleted", existed: before !== null }, after: null };
    case "cas":
      if (before !== command.from) return { result: { kind: "mismatch", value: before }, after: before };
      return { result: { kind: "matched" }, after: command.to };
    default:
      return unreachable(command);
  }
}
