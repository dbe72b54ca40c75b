import type { Env } from "../../env/index.js";
import type { GroupEvent, GroupMark } from "./events.js";

export function observe(env: Env, event: GroupEvent): void {
  env.observe(event);
}

export function reached(env: Env, mark: GroupMark): void {
  env.reached(mark);
}
