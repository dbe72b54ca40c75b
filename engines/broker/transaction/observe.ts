import type { Env } from "../../env/index.js";
import type { TransactionEvent, TransactionMark } from "./events.js";

export function observe(env: Env, event: TransactionEvent): void {
  env.observe(event);
}

export function reached(env: Env, mark: TransactionMark): void {
  env.reached(mark);
}
