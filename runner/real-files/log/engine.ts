/** The log itself, as `LifeOrder.engine` names it. */
import { Wal } from "#engines/wal/index.js";
import type { OpenLog } from "./protocol.js";

export const openLog: OpenLog = (env, options) => Wal.open(env, options);
