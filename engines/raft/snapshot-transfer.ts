/**
 * Snapshots on their way to other servers, in chunks. Chunk 0 says what the snapshot is of. The receiver says
 * which chunk it needs next, so a transfer goes on where it broke off, and a chunk that comes twice changes
 * nothing.
 */
import { assert } from "../env/index.js";
import { decodeSnapshotHeader, encodeSnapshotHeader } from "./codec/index.js";
import type { SavedSnapshot } from "./storage.js";
import type { LogPosition, NodeId, SnapshotChunk, Term } from "./types.js";

/** A snapshot as the chunks of a transfer. */
function toChunks({ meta, digest, chunks }: SavedSnapshot): readonly Uint8Array[] {
  return [encodeSnapshotHeader({ meta, digest }), ...chunks];
}

/** One snapshot on its way to one server. */
export class OutgoingSnapshot {
  readonly snapshot: LogPosition;
  readonly #chunks: readonly Uint8Array[];
  #next = 0;
  #sentAtUs = 0;

  constructor(snapshot: SavedSnapshot) {
    this.snapshot = { index: snapshot.meta.index, term: snapshot.meta.term };
    this.#chunks = toChunks(snapshot);
  }

  /** When a chunk was last sent. */
  get sentAtUs(): number {
    return this.#sentAtUs;
  }

  /** The chunk to send now. Of a complete transfer the last one again: its answer may be lost. */
  chunk(term: Term, nowUs: number): SnapshotChunk {
    const chunk = Math.min(this.#next, this.#chunks.length - 1);
    this.#sentAtUs = nowUs;
    return {
      kind: "snapshotChunk",
      term,
      snapshot: this.snapshot,
      chunk,
      isLast: chunk === this.#chunks.length - 1,
      bytes: this.#chunks[chunk]!,
    };
  }

  /** The receiver has everything below `nextChunk`. True where there is more to send at once. */
  answered(snapshot: LogPosition, nextChunk: number): boolean {
    if (snapshot.index !== this.snapshot.index || nextChunk > this.#chunks.length) return false;
    // It may have less than it had: it may have been restarted.
    if (nextChunk === this.#next) return false;
    this.#next = nextChunk;
    return nextChunk < this.#chunks.length;
  }

  /** Whether a part of it has arrived. */
  get hasBegun(): boolean {
    return this.#next > 0 && this.#next < this.#chunks.length;
  }
}

/** The snapshot that this server is receiving. */
export class IncomingSnapshot {
  readonly from: NodeId;
  readonly snapshot: LogPosition;
  readonly #chunks: Uint8Array[] = [];
  #isComplete = false;

  constructor(from: NodeId, snapshot: LogPosition) {
    this.from = from;
    this.snapshot = snapshot;
  }

  get nextChunk(): number {
    return this.#chunks.length;
  }

  /** Whether the chunk belongs to this transfer. */
  isOf(from: NodeId, { index, term }: LogPosition): boolean {
    return this.from === from && this.snapshot.index === index && this.snapshot.term === term;
  }

  /** Takes the chunk if it is the next one. True where it completes the snapshot: once. */
  take({ chunk, isLast, bytes }: SnapshotChunk): boolean {
    if (this.#isComplete || chunk !== this.#chunks.length) return false;
    this.#chunks.push(bytes);
    this.#isComplete = isLast;
    return isLast;
  }

  /** Throws RAFT_BAD_FORMAT. */
  toSnapshot(): SavedSnapshot {
    assert(this.#isComplete, "only a whole snapshot is installed");
    const [header, ...chunks] = this.#chunks;
    return { ...decodeSnapshotHeader(header!), chunks };
  }
}
