import { expect, test } from "vitest";
import { imageProblem } from "#engines/broker/metadata/invariants.js";
import {
  applyRecords,
  type MetadataImage,
  type MetadataRecord,
  type PartitionState,
} from "#engines/broker/metadata/index.js";
import { P0, TestCluster } from "./support.js";

/** Three brokers, the last one fenced, and a partition on them with one that is eligible. */
function cluster(): { readonly image: MetadataImage; readonly state: PartitionState } {
  const brokers = new TestCluster("b1", "b2", "b3");
  brokers.create(["b1", "b2", "b3"], { minInsyncReplicas: 3 });
  brokers.fence("b3");
  return { image: brokers.machine.image, state: brokers.state };
}

function problemOf(records: readonly MetadataRecord[]): string | undefined {
  const { image } = cluster();
  return imageProblem(image, applyRecords(image, records), records);
}

test("a sound step is no problem", () => {
  const { state } = cluster();
  expect(state).toMatchObject({ isr: ["b1", "b2"], elr: ["b3"], leader: "b1", partitionEpoch: 1 });
  const next = { ...state, isr: ["b1"], elr: ["b2", "b3"], partitionEpoch: 2 };
  expect(problemOf([{ kind: "partition", partition: P0, state: next }])).toBe(undefined);
});

const wrong: [string, Partial<PartitionState>][] = [
  ["twice", { isr: ["b1", "b1"] }],
  ["no replica", { isr: ["b1", "b4"] }],
  ["added and removed", { adding: ["b1"], removing: ["b1"] }],
  ["only eligible", { elr: ["b2", "b3"] }],
  ["sync or eligible", { lastKnownElr: ["b2"] }],
  ["sync or eligible", { lastKnownElr: ["b3"] }],
  ["who could ever lead", { leader: undefined, leaderEpoch: 1, isr: [], elr: [] }],
  ["b3 is forgotten", { elr: [] }],
  ["the leader is not in sync", { isr: ["b2"], elr: [] }],
  ["nobody leads", { leader: undefined, leaderEpoch: 1 }],
  ["b3 is in sync, and fenced", { isr: ["b1", "b3"], elr: [] }],
  ["the leader is fenced", { isr: ["b3"], elr: [], leader: "b3", leaderEpoch: 1 }],
  ["did not count", { partitionEpoch: 1 }],
  ["did not follow", { leader: "b2" }],
  ["did not follow", { leaderEpoch: 1 }],
];

test.each(wrong)("found: %s", (problem, change) => {
  const state = { ...cluster().state, partitionEpoch: 2, ...change };
  expect(problemOf([{ kind: "partition", partition: P0, state }])).toContain(problem);
});

test("found: a broker that is fenced, and leads on; an epoch that goes back", () => {
  const { image } = cluster();
  const [b1, , b3] = [...image.brokers.values()];
  expect(problemOf([{ kind: "broker", broker: { ...b1!, isFenced: true } }])).toContain(
    "the leader is fenced",
  );
  expect(problemOf([{ kind: "broker", broker: { ...b3!, epoch: 0 } }])).toContain("went back");
});
