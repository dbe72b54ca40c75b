import { makeDirectory } from "../../bytes/index.js";
import { isDiskError, type Env } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { Partition } from "../replica/index.js";
import type { BrokerEpoch, Offset } from "../types.js";
import { HIGH_WATERMARKS, OffsetCheckpoint, RECOVERY_POINTS } from "./offset-checkpoint.js";
import type { BrokerSettings } from "./options.js";
import { finishRemovals, listPartitions } from "./partition-directory.js";
import { takeMarker } from "./shutdown-marker.js";
import { beginLife, type Beginning } from "./stored-life.js";

/** What was on the disk when the broker began, and goes on from there. */
export interface Ground {
  /** Of the life that closed the logs in order. */
  readonly closedEpoch: BrokerEpoch | undefined;
  readonly beginning: Beginning;
  /** Partitions that have a log. */
  readonly found: readonly string[];
  /** Those whose logs are open: none yet. */
  readonly partitions: Map<string, Partition>;
  readonly highWatermarks: OffsetCheckpoint;
  readonly recoveryPoints: OffsetCheckpoint;
}

/** Throws `DiskError`. */
export async function prepare(env: Env, { directory, durability }: BrokerSettings): Promise<Ground> {
  await makeDirectory(env.disk, directory);
  // First of all, and for good: from here on only an orderly end makes the next start a clean one.
  const closedEpoch = await takeMarker(env, directory);
  const beginning = await beginLife(env, directory, closedEpoch, durability);
  await finishRemovals(env.disk, directory, await listPartitions(env.disk, directory));
  const found = await listPartitions(env.disk, directory);
  const partitions: Map<string, Partition> = new Map();
  const open = (name: string, offsetOf: (partition: Partition) => Offset): Promise<OffsetCheckpoint> =>
    OffsetCheckpoint.open(env, directory, name, () =>
      [...partitions].map(([partition, each]) => [partition, offsetOf(each)] as const),
    );
  const highWatermarks = await open(HIGH_WATERMARKS, ({ highWatermark }) => highWatermark);
  const recoveryPoints = await open(RECOVERY_POINTS, ({ log }) => log.recoveryPoint);
  return { closedEpoch, beginning, found, partitions, highWatermarks, recoveryPoints };
}

/** Throws what is neither the disk's nor a broker's. */
export function storageError(where: string, error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (!isDiskError(error)) throw error;
  const parts = { expected: "a working disk", found: error.message, where, todo: "open the broker again" };
  return new BrokerError("STORAGE_ERROR", parts, error);
}
