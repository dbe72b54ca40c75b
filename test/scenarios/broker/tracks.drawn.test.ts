// Partitions over time: what the page shows of leaders, ISRs, logs and high watermarks.
import { describe, expect, it } from "vitest";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { PartitionState } from "#engines/broker/metadata/types.js";
import { brokerTracks } from "#scenarios/broker/tracks.js";
import type { TrackWatch } from "#sim/tracks.js";
import { penOfLines } from "./pen.js";

const STATE: PartitionState = {
  replicas: ["b2", "b1"],
  adding: [],
  removing: [],
  isr: ["b2", "b1"],
  elr: [],
  lastKnownElr: [],
  leader: "b2",
  leaderEpoch: 0,
  partitionEpoch: 0,
};

/** A pen that writes lines, and the watch behind it. */
function drawn(): { readonly lines: string[]; readonly watch: TrackWatch } {
  const { lines, pen } = penOfLines();
  return { lines, watch: brokerTracks(pen) };
}

function applied(offset: number, state: Partial<PartitionState>): BrokerEvent {
  const partition = { topic: "t", partition: 0 };
  const record = { kind: "partition", partition, state: { ...STATE, ...state } } as const;
  return { kind: "controller/applied", offset, digest: 0, records: [record] };
}

/** What is drawn of an event, after the first state was agreed on. */
function linesOf(...events: readonly (readonly [BrokerEvent, string, number?])[]): string[] {
  const { lines, watch } = drawn();
  watch(applied(1, {}), "c1", 1);
  lines.length = 0;
  for (const [event, node, life = 1] of events) watch(event, node, life);
  return lines;
}

const OF = { partition: "t-0" };

describe("the tracks of a partition", () => {
  it("begin with its leader, and with each replica", () => {
    const { lines, watch } = drawn();
    watch(applied(1, {}), "c1", 1);
    expect(lines).toEqual(["leader is b2 leads, epoch 0 [b2]", "b1 is in ISR [b1]", "b2 is in ISR [b2]"]);
  });

  it("are drawn once, whichever controller tells first", () => {
    const change = applied(2, { leader: "b1", leaderEpoch: 1 });
    const once = linesOf([change, "c2"]);
    expect(once).toContain("leader is b1 leads, epoch 1 [b1]");
    expect(linesOf([change, "c2"], [change, "c1"], [applied(1, {}), "c3"])).toEqual(once);
  });

  it("show who leaves the ISR, who stays eligible, and that nobody leads", () => {
    const lines = linesOf([applied(2, { isr: [], elr: ["b1"], leader: undefined, leaderEpoch: 1 }), "c1"]);
    expect(lines).toEqual([
      "leader is nobody leads, epoch 1",
      "b1 is not in ISR, eligible [b1, faint]",
      "b2 is not in ISR",
    ]);
  });

  it("mark an election of a replica that was neither in sync nor eligible", () => {
    const shrunk = applied(2, { isr: ["b2"] });
    const elected = applied(3, { isr: ["b1"], leader: "b1", leaderEpoch: 1 });
    expect(linesOf([shrunk, "c1"], [elected, "c1"])).toContain(
      "leader ✗ unclean: b1 may lack what is committed",
    );
    expect(linesOf([elected, "c1"]).join()).not.toContain("unclean");
  });

  it("follow a replica's log and high watermark down, too", () => {
    const end = { epoch: 0, endOffset: 51 };
    const lines = linesOf(
      [{ kind: "broker/appended", ...OF, asLeader: false, batches: [], logEndOffset: 52 }, "b1"],
      [{ kind: "broker/high-watermark", ...OF, highWatermark: 50, epoch: 0, isLeader: false }, "b1"],
      [{ kind: "broker/diverged", ...OF, end }, "b1"],
      [{ kind: "broker/truncated", ...OF, offset: 49 }, "b1"],
      [{ kind: "broker/high-watermark", ...OF, highWatermark: 49, epoch: 1, isLeader: false }, "b1"],
      [{ kind: "broker/marker", ...OF, producerId: 7, producerEpoch: 0, isCommit: false, offset: 49 }, "b1"],
    );
    expect(lines).toEqual([
      "b1 log end 52",
      "b1 high watermark 50",
      "b1 ▼ hears: epoch 0 ends at 51",
      "b1 log end 49",
      "b1 ▼ cuts to 49",
      "b1 high watermark 49",
      "b1 ▼ aborts for producer 7",
    ]);
  });

  it("know what a replica believes to be, in this life of its", () => {
    const leads = { kind: "broker/became-leader", ...OF, epoch: 0, startOffset: 0, state: STATE } as const;
    const flushed = { kind: "broker/flushed", ...OF, recoveryPoint: 0 } as const;
    expect(linesOf([leads, "b2"], [flushed, "b2"], [flushed, "b2", 2], [flushed, "b1", 2])).toEqual([
      "b2 is in ISR · leads epoch 0 [b2]",
      "b2 is in ISR [b2]",
    ]);
  });

  it("end where a broker is a replica no longer", () => {
    const moved = applied(2, { replicas: ["b2", "b3"], isr: ["b2", "b3"] });
    const lines = linesOf([moved, "c1"], [{ kind: "broker/log-removed", ...OF }, "b1"]);
    expect(lines).toContain("b1 is nothing");
    expect(lines).toContain("b3 is in ISR [b3]");
    expect(lines).toContain("b1 log end none");
  });
});
