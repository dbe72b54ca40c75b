// A snapshot in pieces: whatever the sizes of its chunks, lost and doubled pieces.
import { describe, expect, it } from "vitest";
import { IncomingSnapshot, OutgoingSnapshot } from "#engines/raft/snapshot-transfer.js";
import type { SavedSnapshot } from "#engines/raft/storage.js";
import type { SnapshotChunk } from "#engines/raft/types.js";
import { makeConfiguration } from "#engines/raft/configuration.js";

const LIMIT = 300_000;

function snapshotOf(...sizes: number[]): SavedSnapshot {
  const configuration = makeConfiguration(["n1", "n2"]);
  const chunks = sizes.map((size, i) => Uint8Array.from({ length: size }, (_, at) => (at * 7 + i) & 0xff));
  return { meta: { index: 9, term: 3, configuration }, digest: 77, chunks };
}

/** Byte by byte, but not by vitest, whose `toEqual` takes seconds for a million of them. */
function expectSame(got: SavedSnapshot, sent: SavedSnapshot): void {
  expect({ ...got, chunks: [] }).toEqual({ ...sent, chunks: [] });
  expect(got.chunks.map(({ length }) => length)).toEqual(sent.chunks.map(({ length }) => length));
  expect(got.chunks.every((chunk, i) => chunk.every((byte, at) => byte === sent.chunks[i]![at]))).toBe(true);
}

/** Sends every piece `times` times; gives what arrives, and the pieces. */
function transfer(snapshot: SavedSnapshot, times: number): { got: SavedSnapshot; pieces: SnapshotChunk[] } {
  const outgoing = new OutgoingSnapshot(snapshot);
  const incoming = new IncomingSnapshot("n1", outgoing.snapshot);
  const pieces: SnapshotChunk[] = [];
  for (let isWhole = false; !isWhole;) {
    const piece = outgoing.chunk(3, 0);
    pieces.push(piece);
    for (let time = 0; time < times; time++) isWhole = incoming.take(piece) || isWhole;
    outgoing.answered(outgoing.snapshot, incoming.nextChunk);
  }
  return { got: incoming.toSnapshot(), pieces };
}

describe("a transfer", () => {
  it.each([[[]], [[0]], [[5, 0, 7]], [[262_144, 262_145, 1]], [[1_000_000]]])(
    "carries chunks of %j bytes, in messages with a bound",
    (sizes) => {
      const snapshot = snapshotOf(...sizes);
      const { got, pieces } = transfer(snapshot, 1);
      expectSame(got, snapshot);
      expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBeLessThan(LIMIT);
    },
  );

  it("takes every piece once", () => {
    const snapshot = snapshotOf(700_000, 3);
    expectSame(transfer(snapshot, 3).got, snapshot);
  });

  it("takes no piece but the next, and nothing after the end", () => {
    const outgoing = new OutgoingSnapshot(snapshotOf(600_000));
    const first = outgoing.chunk(3, 0);
    outgoing.answered(outgoing.snapshot, 1);
    const second = outgoing.chunk(3, 0);
    const incoming = new IncomingSnapshot("n1", outgoing.snapshot);
    expect(incoming.take(second)).toBe(false);
    expect(incoming.nextChunk).toBe(0);
    incoming.take(first);
    incoming.take(second);
    expect(incoming.nextChunk).toBe(2);
  });

  it("goes back where the receiver was restarted", () => {
    const outgoing = new OutgoingSnapshot(snapshotOf(600_000));
    outgoing.answered(outgoing.snapshot, 3);
    expect(outgoing.hasBegun).toBe(true);
    outgoing.answered(outgoing.snapshot, 0);
    expect(outgoing.chunk(3, 0).chunk).toBe(0);
  });
});
