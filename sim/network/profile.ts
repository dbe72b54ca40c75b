/** How fast and how wide the links of a run are where no fault strikes. */
import { assert } from "#engines/env/index.js";

/** Every directed link of a run is like this. */
export interface NetworkProfile {
  /** The least time on the wire, from 1. */
  readonly minLatencyUs: number;
  /** A message takes an exponentially distributed time with this mean, but never less than the least. */
  readonly meanLatencyUs: number;
  /** Messages of a link leave one after another, at this rate of framed bytes. 0: no limit. */
  readonly bandwidthBytesPerS: number;
  /** So many messages fit on a link at once; further ones are dropped. 0: no limit. */
  readonly queueMessages: number;
}

/** A perfect network: the same latency for every message, and room for all. */
export const DEFAULT_NETWORK_PROFILE: NetworkProfile = {
  minLatencyUs: 250,
  meanLatencyUs: 0,
  bandwidthBytesPerS: 0,
  queueMessages: 0,
};

/** Throws where the profile makes no sense. */
export function assertProfile(profile: NetworkProfile): void {
  for (const figure of Object.values(profile)) {
    assert(Number.isSafeInteger(figure) && figure >= 0, "a network profile holds whole numbers from 0");
  }
  // No handler runs before `send` has returned, and a process is there before a message of its boot's moment.
  assert(profile.minLatencyUs >= 1, "a message takes at least a microsecond");
}
