/** What may happen to a partition: commands, and what the processes do that are behind them. */
import fc from "fast-check";
import type { MetadataCommand } from "#engines/broker/metadata/index.js";
import type { PartitionModel } from "./model.js";
import { P0, execute, type TestCluster } from "./support.js";

export const BROKERS: readonly string[] = ["b1", "b2", "b3", "b4"];

const KINDS = [
  "append",
  "append",
  "fetch",
  "fetch",
  "fetchAll",
  "isr",
  "isr",
  "crash",
  "closeInOrder",
  "restart",
  "restart",
  "fence",
  "unfence",
  "beginShutdown",
  "elect",
  "electUnclean",
  "reassign",
  "undo",
] as const;
export type Kind = (typeof KINDS)[number];

export interface Step<What extends string = Kind> {
  readonly what: What;
  readonly broker: string;
  /** A number for what a step is free to choose. */
  readonly choice: number;
}

export function stepOf<What extends string>(whats: readonly What[]): fc.Arbitrary<Step<What>> {
  return fc.record({
    what: fc.constantFrom(...whats),
    broker: fc.constantFrom(...BROKERS),
    choice: fc.nat({ max: 15 }),
  });
}

export const step: fc.Arbitrary<Step> = stepOf(KINDS);

export function chosenBy(choice: number): string[] {
  return BROKERS.filter((_, i) => ((choice >> i) & 1) === 1);
}

/** Takes the step, as a cluster would that follows the rules outside of the metadata. */
export function take(cluster: TestCluster, model: PartitionModel, { what, broker, choice }: Step): void {
  const replica = model.of(broker);
  const life = { broker, epoch: cluster.epochOf(broker) };
  const chosen = chosenBy(choice);
  const run = (command: MetadataCommand): unknown => execute(cluster.machine, command);
  switch (what) {
    case "append":
      model.append();
      break;
    case "fetch":
      model.fetch(broker, choice);
      break;
    case "fetchAll":
      model.fetch(broker, Infinity);
      break;
    case "isr": {
      const { leader, isr } = cluster.state;
      if (leader === undefined || !model.leads(leader)) break;
      const joins = model.caughtUp();
      const members = cluster.state.replicas.filter(
        (member) =>
          member === leader || (chosen.includes(member) && (isr.includes(member) || joins.includes(member))),
      );
      run(cluster.alter(members));
      break;
    }
    case "crash":
      if (replica.isUp) model.stop(broker, choice);
      break;
    case "closeInOrder":
      if (replica.isUp) model.stop(broker, "all");
      break;
    case "restart": {
      if (replica.isUp) break;
      cluster.register(broker, replica.closedIn);
      replica.isUp = true;
      break;
    }
    case "fence":
      run({ kind: "fence", ...life });
      break;
    case "unfence":
      if (replica.isUp) run({ kind: "unfence", ...life, metadataOffset: cluster.machine.image.offset });
      break;
    case "beginShutdown":
      if (replica.isUp) run({ kind: "beginShutdown", ...life });
      break;
    case "elect":
      run({ kind: "electLeader", partition: P0, mode: "preferred" });
      break;
    case "electUnclean":
      // An administrator's last resort, and rare.
      if (choice === 0) run({ kind: "electLeader", partition: P0, mode: "unclean" });
      break;
    case "reassign":
      run(cluster.reassign(chosen));
      break;
    case "undo":
      run(cluster.reassign(undefined));
      break;
  }
}
