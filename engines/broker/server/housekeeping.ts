import type { Env } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { Lifeline, Partition } from "../replica/index.js";
import type { BrokerSettings } from "./options.js";

export interface HouseholdPlan {
  readonly env: Env;
  readonly lifeline: Lifeline;
  readonly settings: BrokerSettings;
  readonly partitions: ReadonlyMap<string, Partition>;
  readonly checkpoint: () => Promise<void>;
}

const US_PER_MS = 1_000;

/** What is done at intervals, until the line is cut: looking for laggards, checkpoints, flushes and cleaning. */
export function keepHouse({ env, lifeline, settings, partitions, checkpoint }: HouseholdPlan): void {
  const each = async (work: (partition: Partition) => Promise<void>): Promise<void> => {
    for (const partition of partitions.values()) {
      if (lifeline.isCut) return;
      await tolerating(() => work(partition));
    }
  };
  lifeline.every(settings.isrCheckUs, async () => {
    for (const partition of partitions.values()) partition.checkIsr();
  });
  lifeline.every(settings.checkpointUs, () => tolerating(checkpoint));
  lifeline.every(settings.flushIntervalUs, () => each((partition) => partition.replica.persist()));
  lifeline.every(settings.retentionCheckUs, () =>
    each((partition) => partition.clean(Math.floor(env.clock.wallUs() / US_PER_MS))),
  );
}

/** A log that was closed meanwhile is not missed; one that failed has told the broker already. */
async function tolerating(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
  }
}
