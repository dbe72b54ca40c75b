// Who may fetch from where in a leader's log.
import { expect, it } from "vitest";
import { EpochCache } from "#engines/broker/log/epoch-cache.js";
import { judgeFetch, type FetchVerdict } from "#engines/broker/replica/fetch-rules.js";
import { NO_EPOCH } from "#engines/broker/types.js";

const LEADER_EPOCH = 5;

/** A log from 10 to 20: epoch 3 from 10 on, epoch 5 from 15 on. What lay below 10, of epoch 2, was deleted. */
const epochs: EpochCache = new EpochCache([
  { epoch: 2, startOffset: 4 },
  { epoch: 3, startOffset: 10 },
  { epoch: 5, startOffset: 15 },
]);
epochs.cutStart(10);
const log = {
  logStartOffset: 10,
  logEndOffset: 20,
  endOffsetForEpoch: (epoch: number) => epochs.endOffsetFor(epoch, 20),
};

function judge(
  fetcher: "reader" | "replica",
  fetchOffset: number,
  lastFetchedEpoch: number,
  currentLeaderEpoch: number = LEADER_EPOCH,
): FetchVerdict | string {
  const partition = { topic: "t", partition: 0 };
  const more = { partition, logStartOffset: 0, maxBytes: 1_000 };
  const request = { ...more, currentLeaderEpoch, fetchOffset, lastFetchedEpoch };
  const verdict = judgeFetch(request, LEADER_EPOCH, log, fetcher);
  return verdict.kind === "refused" ? verdict.code : verdict;
}

const FITS = { kind: "fits" };

it.each(["reader", "replica"] as const)("holds a %s to the epochs that the leader has", (fetcher) => {
  expect(judge(fetcher, 12, 3)).toEqual(FITS);
  expect(judge(fetcher, 15, 3)).toEqual(FITS);
  expect(judge(fetcher, 16, 3)).toEqual({ kind: "diverging", end: { epoch: 3, endOffset: 15 } });
  expect(judge(fetcher, 12, 4)).toEqual({ kind: "diverging", end: { epoch: 3, endOffset: 15 } });
  expect(judge(fetcher, 20, 5)).toEqual(FITS);
  expect(judge(fetcher, 21, NO_EPOCH)).toBe("OFFSET_OUT_OF_RANGE");
  expect(judge(fetcher, 9, 2)).toBe("OFFSET_OUT_OF_RANGE");
  expect(judge(fetcher, 12, 3, 4)).toBe("FENCED_LEADER_EPOCH");
  expect(judge(fetcher, 12, 3, 6)).toBe("UNKNOWN_LEADER_EPOCH");
});

it("lets a reader go on at the log start whose epoch went with what was deleted", () => {
  expect(judge("reader", 10, 2)).toEqual(FITS);
  expect(judge("reader", 11, 2)).toBe("OFFSET_OUT_OF_RANGE");
});

it("has a replica begin anew there (KIP-630)", () => {
  expect(judge("replica", 10, 2)).toBe("OFFSET_OUT_OF_RANGE");
  expect(judge("replica", 11, 2)).toBe("OFFSET_OUT_OF_RANGE");
  expect(judge("replica", 10, NO_EPOCH)).toEqual(FITS);
});
