import fc from "fast-check";
import { expect, test } from "vitest";
import { MetadataMachine } from "#engines/broker/metadata/index.js";
import { PartitionModel } from "./model.js";
import { BROKERS, step, take } from "./steps.js";
import { TestCluster } from "./support.js";

const counts = { elections: 0, fromElr: 0, committed: 0, reassigned: 0 };

test("whoever is elected cleanly holds every committed record", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 120, size: "max" }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      (steps, minInsyncReplicas, allowsUncleanElection) => {
        const cluster = new TestCluster(...BROKERS);
        cluster.create(["b1", "b2", "b3"], { minInsyncReplicas, allowsUncleanElection });
        const model = new PartitionModel(cluster, BROKERS, minInsyncReplicas);
        for (const each of steps) {
          const before = cluster.state;
          take(cluster, model, each);
          const { leader, leaderEpoch, replicas } = cluster.state;
          const isClean = !allowsUncleanElection && each.what !== "electUnclean";
          expect(model.elected(isClean)).toBe(undefined);
          if (leaderEpoch !== before.leaderEpoch && leader !== undefined) {
            counts.elections++;
            if (before.elr.includes(leader)) counts.fromElr++;
          }
          if (replicas.length < before.replicas.length) counts.reassigned++;
        }
        counts.committed += model.committed.length;
      },
    ),
    { seed: 60_966, numRuns: 1_500 },
  );
  // The model must have been somewhere.
  expect(counts.elections).toBeGreaterThan(1_000);
  expect(counts.fromElr).toBeGreaterThan(100);
  expect(counts.committed).toBeGreaterThan(1_000);
  expect(counts.reassigned).toBeGreaterThan(20);
});

test("servers that apply the same agree, also where one begins at another's snapshot", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
      fc.nat({ max: 59 }),
      (steps, when) => {
        const commands: Uint8Array[] = [];
        const cluster = new TestCluster(...BROKERS);
        const { machine } = cluster;
        const apply = machine.apply.bind(machine);
        machine.apply = (bytes: Uint8Array): Uint8Array => {
          commands.push(bytes);
          return apply(bytes);
        };
        const late = new MetadataMachine();
        late.restore(machine.snapshot());
        cluster.create(["b1", "b2", "b3"]);
        const model = new PartitionModel(cluster, BROKERS, 2);
        for (const each of steps) take(cluster, model, each);
        for (const [i, command] of commands.entries()) {
          late.apply(command);
          if (i === when) late.restore(late.snapshot());
        }
        expect(late.image).toEqual(machine.image);
        expect(late.snapshot()).toEqual(machine.snapshot());
      },
    ),
    { seed: 60_967, numRuns: 200 },
  );
});
