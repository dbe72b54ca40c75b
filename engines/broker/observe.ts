import type { Env } from "../env/index.js";
import type { BrokerEvent, BrokerMark } from "./events.js";

export function observe(env: Env, event: BrokerEvent): void {
  env.observe(event);
}

export function reached(env: Env, mark: BrokerMark): void {
  env.reached(mark);
}
