// Each rule on what coordinators decide and leaders mark fires, and on nothing less.
import { expect, it } from "vitest";
import type { BrokerEvent } from "#engines/broker/events.js";
import { Decisions } from "#scenarios/transactions/decisions.js";

type State = "ongoing" | "prepare-commit" | "prepare-abort" | "complete-commit" | "complete-abort";

function told(...events: readonly BrokerEvent[]): string[] {
  const found: string[] = [];
  const decisions = new Decisions((invariant) => found.push(invariant));
  for (const event of events) decisions.observed(event);
  return found;
}

const state = (to: State, epoch = 1): BrokerEvent => ({
  kind: "transaction/state",
  transactionalId: "t",
  producerId: 7,
  epoch,
  state: to,
  partitions: ["p-0"],
});

const marker = (isCommit: boolean, producerEpoch = 2): BrokerEvent => ({
  kind: "broker/marker",
  partition: "p-0",
  producerId: 7,
  producerEpoch,
  isCommit,
  offset: 1,
});

it("what is decided may be told and marked again, and each transaction has its own end", () => {
  const first = [
    state("ongoing"),
    state("prepare-commit"),
    marker(true),
    state("prepare-commit"),
    marker(true),
  ];
  const next = [state("complete-commit"), state("ongoing", 2), state("prepare-abort", 2), marker(false, 3)];
  expect(told(...first, ...next)).toEqual([]);
});

it("an end is decided once", () => {
  expect(told(state("prepare-commit"), state("prepare-abort"))).toEqual(["transactions/decided-twice"]);
  expect(told(state("prepare-abort"), state("complete-commit"))).toEqual(["transactions/decided-twice"]);
});

it("markers say what was decided before", () => {
  expect(told(marker(true))).toEqual(["transactions/marked-undecided"]);
  expect(told(state("ongoing"), marker(false))).toEqual(["transactions/marked-undecided"]);
  expect(told(state("prepare-abort"), marker(true))).toEqual(["transactions/marked-undecided"]);
  expect(told(state("prepare-commit"), marker(true, 3))).toEqual(["transactions/marked-undecided"]);
});
