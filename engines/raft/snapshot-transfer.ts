/**
 * Snapshots on their way to other servers. The first chunk says what the snapshot is of, the others are the state
 * machine's. They are sent in pieces, since a message has a limit and a chunk has none. The receiver says which
 * piece it needs next, so a transfer goes on where it broke off, and a piece that comes twice changes nothing.
 * (On the wire a piece is called a chunk.)
 */
import { assert } from "../env/index.js";
import { decodeSnapshotHeader, encodeSnapshotHeader } from "./codec/index.js";
import { badFormat } from "./errors.js";
import type { SavedSnapshot } from "./storage.js";
import type { LogPosition, NodeId, SnapshotChunk, Term } from "./types.js";

/** Data of one message. */
const PIECE_BYTES = 256 * 1024;
/** Behind a piece's data: whether its chunk goes on in the next piece. */
const ENDS = 0;
const GOES_ON = 1;

/** A part of a chunk. */
interface Piece {
  readonly data: Uint8Array;
  readonly goesOn: boolean;
}

/** The pieces of a snapshot. Nothing is copied. */
function toPieces({ meta, digest, chunks }: SavedSnapshot): readonly Piece[] {
  return [encodeSnapshotHeader({ meta, digest }), ...chunks].flatMap((chunk) => {
    const pieces: Piece[] = [];
    let at = 0;
    do {
      const end = Math.min(at + PIECE_BYTES, chunk.length);
      pieces.push({ data: chunk.subarray(at, end), goesOn: end < chunk.length });
      at = end;
    } while (at < chunk.length);
    return pieces;
  });
}

function encodePiece({ data, goesOn }: Piece): Uint8Array {
  const bytes = new Uint8Array(data.length + 1);
  bytes.set(data);
  bytes[data.length] = goesOn ? GOES_ON : ENDS;
  return bytes;
}

/** The chunks that these pieces, as they were sent, make up. Throws RAFT_BAD_FORMAT. */
function toChunks(pieces: readonly Uint8Array[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (const piece of pieces) {
    const flag = piece[piece.length - 1];
    if (flag !== ENDS && flag !== GOES_ON) throw badFormat("a flag", String(flag), "a piece of a snapshot");
    parts.push(piece.subarray(0, -1));
    if (flag === GOES_ON) continue;
    chunks.push(join(parts));
    parts = [];
  }
  if (parts.length > 0) throw badFormat("the end of a chunk", "none", "the last piece of a snapshot");
  return chunks;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One snapshot on its way to one server. */
export class OutgoingSnapshot {
  readonly snapshot: LogPosition;
  readonly #pieces: readonly Piece[];
  #next = 0;
  #sentAtUs = 0;

  constructor(snapshot: SavedSnapshot) {
    this.snapshot = { index: snapshot.meta.index, term: snapshot.meta.term };
    this.#pieces = toPieces(snapshot);
  }

  /** When a piece was last sent. */
  get sentAtUs(): number {
    return this.#sentAtUs;
  }

  /** The piece to send now. Of a complete transfer the last one again: its answer may be lost. */
  chunk(term: Term, nowUs: number): SnapshotChunk {
    const chunk = Math.min(this.#next, this.#pieces.length - 1);
    this.#sentAtUs = nowUs;
    return {
      kind: "snapshotChunk",
      term,
      snapshot: this.snapshot,
      chunk,
      isLast: chunk === this.#pieces.length - 1,
      bytes: encodePiece(this.#pieces[chunk]!),
    };
  }

  /** The receiver has every piece below `nextChunk`. True where there is more to send at once. */
  answered(snapshot: LogPosition, nextChunk: number): boolean {
    if (snapshot.index !== this.snapshot.index || nextChunk > this.#pieces.length) return false;
    // It may have less than it had: it may have been restarted.
    if (nextChunk === this.#next) return false;
    this.#next = nextChunk;
    return nextChunk < this.#pieces.length;
  }

  /** Whether a part of it has arrived. */
  get hasBegun(): boolean {
    return this.#next > 0 && this.#next < this.#pieces.length;
  }
}

/** The snapshot that this server is receiving. */
export class IncomingSnapshot {
  readonly from: NodeId;
  readonly snapshot: LogPosition;
  readonly #pieces: Uint8Array[] = [];
  #isComplete = false;

  constructor(from: NodeId, snapshot: LogPosition) {
    this.from = from;
    this.snapshot = snapshot;
  }

  get nextChunk(): number {
    return this.#pieces.length;
  }

  /** Whether the piece belongs to this transfer. */
  isOf(from: NodeId, { index, term }: LogPosition): boolean {
    return this.from === from && this.snapshot.index === index && this.snapshot.term === term;
  }

  /** Takes the piece if it is the next one. True where it completes the snapshot: once. */
  take({ chunk, isLast, bytes }: SnapshotChunk): boolean {
    if (this.#isComplete || chunk !== this.#pieces.length) return false;
    this.#pieces.push(bytes);
    this.#isComplete = isLast;
    return isLast;
  }

  /** Throws RAFT_BAD_FORMAT. */
  toSnapshot(): SavedSnapshot {
    assert(this.#isComplete, "only a whole snapshot is installed");
    const [header, ...chunks] = toChunks(this.#pieces);
    return { ...decodeSnapshotHeader(header!), chunks };
  }
}
