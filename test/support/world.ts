/** Worlds for tests: without faults unless asked for, on the real host. */
import { nodeHost, type Drain } from "#runner/host.js";
import type { FaultKind } from "#sim/faults/index.js";
import type { TraceRecord } from "#sim/trace.js";
import type { NetworkProfile } from "#sim/network/index.js";
import { DEFAULT_LIMITS, World, type Limits } from "#sim/world.js";

export interface TestWorldOptions {
  readonly seed?: number;
  /** Kinds that are on, with their intensity in ppm. */
  readonly faults?: Partial<Record<FaultKind, number>>;
  readonly limits?: Partial<Limits>;
  readonly drain?: Drain;
  readonly trace?: TraceRecord[];
  readonly strikeEveryCalls?: number;
  readonly networkProfile?: NetworkProfile;
  readonly checkPayloads?: boolean;
}

export function testWorld(options: TestWorldOptions = {}): World {
  const { trace, strikeEveryCalls, networkProfile, checkPayloads } = options;
  return new World({
    seed: options.seed ?? 1,
    host: nodeHost(options.drain ?? "sync"),
    swarm: new Map(Object.entries(options.faults ?? {}) as [FaultKind, number][]),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    ...(trace === undefined ? {} : { traceSink: (record) => trace.push(record) }),
    ...(strikeEveryCalls === undefined ? {} : { strikeEveryCalls }),
    ...(networkProfile === undefined ? {} : { networkProfile }),
    ...(checkPayloads === undefined ? {} : { checkPayloads }),
  });
}
