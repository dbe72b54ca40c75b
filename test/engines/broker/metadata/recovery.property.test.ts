import fc from "fast-check";
import { expect, test } from "vitest";
import { longestLog } from "#engines/broker/controller/recovery.js";
import { isActive, needsRecovery, type MetadataCommand } from "#engines/broker/metadata/index.js";
import { PartitionModel } from "./model.js";
import { BROKERS, chosenBy, stepOf, take, type Kind, type Step } from "./steps.js";
import { P0, TestCluster, execute } from "./support.js";

const OWN = ["replicate", "kill", "powerLoss", "outage", "comeBack", "ask", "propose"] as const;
type Own = (typeof OWN)[number];
const KINDS = [
  "append",
  "fetch",
  "fetchAll",
  "isr",
  "closeInOrder",
  "restart",
  "fence",
  "unfence",
  "beginShutdown",
  "elect",
  "electUnclean",
  "reassign",
  "undo",
  ...OWN,
  ...OWN,
  "replicate",
  "replicate",
  "comeBack",
] as const satisfies readonly (Kind | Own)[];

function isOwn(what: string): what is Own {
  return (OWN as readonly string[]).includes(what);
}

const step = stepOf(KINDS);

const counts = { recoveries: 0, withLosses: 0, byEpoch: 0, refused: 0, committed: 0 };

/** A cluster whose disks lose only as much as its topic is made for, and a controller that recovers leaders. */
class Recovering {
  readonly cluster: TestCluster = new TestCluster(...BROKERS);
  readonly model: PartitionModel;
  readonly #minInsyncReplicas: number;
  /** What the controller found out, and has not proposed yet. */
  #found: MetadataCommand | undefined;

  constructor(minInsyncReplicas: number) {
    this.cluster.create(["b1", "b2", "b3"], { minInsyncReplicas });
    this.model = new PartitionModel(this.cluster, BROKERS, minInsyncReplicas);
    this.#minInsyncReplicas = minInsyncReplicas;
  }

  take({ what, broker, choice }: Step<(typeof KINDS)[number]>): void {
    if (isOwn(what)) return this.#takeOwn({ what, broker, choice });
    // To fewer than the minimum would be to give up what the minimum is for.
    if (what === "reassign" && chosenBy(choice).length < this.#minInsyncReplicas) return;
    take(this.cluster, this.model, { what, broker, choice });
  }

  #takeOwn({ what, broker, choice }: Step<Own>): void {
    const { cluster, model } = this;
    switch (what) {
      case "replicate":
        for (let i = choice % 4; i >= 0; i--) model.append();
        for (const each of BROKERS) model.fetch(each, Infinity);
        execute(cluster.machine, cluster.alter(model.caughtUp()));
        break;
      case "kill":
        this.#kill(broker);
        break;
      case "powerLoss":
        this.#losePower(broker, choice);
        break;
      case "outage":
        this.#losePower(broker, choice);
        for (const each of BROKERS) this.#kill(each);
        break;
      case "comeBack":
        for (const each of BROKERS) {
          take(cluster, model, { what: "restart", broker: each, choice });
          take(cluster, model, { what: "unfence", broker: each, choice });
        }
        break;
      case "ask":
        this.#ask();
        break;
      case "propose":
        this.#propose();
        break;
    }
  }

  /** The page cache outlives its process. */
  #kill(broker: string): void {
    if (this.model.of(broker).isUp) this.model.stop(broker, Infinity);
  }

  #losePower(broker: string, choice: number): void {
    const { isUp, log } = this.model.of(broker);
    if (isUp && this.model.mayLose(broker)) this.model.stop(broker, Math.max(0, log.length - choice));
  }

  #ask(): void {
    const { cluster, model } = this;
    const { state } = cluster;
    const { partitionEpoch, lastKnownElr } = state;
    const answers = (broker: string): boolean =>
      model.of(broker).isUp && isActive(cluster.machine.image, broker);
    if (!needsRecovery(state) || !lastKnownElr.every(answers)) return;
    const leader = longestLog(lastKnownElr.map((broker) => model.logEnd(broker)));
    const candidates = lastKnownElr.map((broker) => ({ broker, epoch: cluster.epochOf(broker) }));
    this.#found = { kind: "recoverLeader", partition: P0, partitionEpoch, leader, candidates };
  }

  #propose(): void {
    const { cluster, model } = this;
    if (this.#found === undefined) return;
    const { lastKnownElr } = cluster.state;
    const command = this.#found;
    this.#found = undefined;
    if (!execute(cluster.machine, command).ok) {
      counts.refused++;
      return;
    }
    counts.recoveries++;
    const ends = lastKnownElr.map((broker) => model.logEnd(broker));
    if (lastKnownElr.some((broker) => !model.isWhole(broker))) counts.withLosses++;
    if (new Set(ends.map(({ lastEpoch }) => lastEpoch)).size > 1) counts.byEpoch++;
  }
}

test("whoever is recovered holds every committed record, while fewer than the minimum lost their logs' ends", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 160, size: "max" }),
      fc.integer({ min: 1, max: 3 }),
      (steps, minInsyncReplicas) => {
        const recovering = new Recovering(minInsyncReplicas);
        for (const each of steps) {
          recovering.take(each);
          expect(recovering.model.elected(each.what !== "electUnclean")).toBe(undefined);
        }
        counts.committed += recovering.model.committed.length;
      },
    ),
    { seed: 60_969, numRuns: 1_500 },
  );
  // The model must have been somewhere.
  expect(counts.recoveries).toBeGreaterThan(400);
  expect(counts.withLosses).toBeGreaterThan(50);
  expect(counts.byEpoch).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(200);
  expect(counts.committed).toBeGreaterThan(3_000);
});
