// A store that acknowledges a write and means to log it later. It never gets there.
import { openLogStore } from "../../support/log-store.mjs";

export const openStore = (env, settings) => openLogStore(env, settings, { forgets: true });
