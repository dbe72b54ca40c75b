import type { Env } from "../../../env/index.js";
import type { GroupConsumerEvent, GroupConsumerMark } from "./events.js";

export function observe(env: Env, event: GroupConsumerEvent): void {
  env.observe(event);
}

export function reached(env: Env, mark: GroupConsumerMark): void {
  env.reached(mark);
}
