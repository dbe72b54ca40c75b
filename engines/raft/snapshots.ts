/** A server's snapshots: taken, sent, received and installed. One at a time goes to the disk. */
import { SeedstormError, type Env } from "../env/index.js";
import { isPromise } from "../store/index.js";
import type { Applier } from "./applier.js";
import type { RaftCore } from "./core/index.js";
import type { RaftEvent } from "./events.js";
import { appliedBy } from "./held-state.js";
import type { RaftSettings } from "./options.js";
import { IncomingSnapshot, OutgoingSnapshot } from "./snapshot-transfer.js";
import type { SnapshotToSave } from "./storage.js";
import type { LogIndex, NodeId, RaftMessage, SnapshotChunk, SnapshotChunkResponse } from "./types.js";

/** Heartbeats after which a chunk without an answer is sent again. */
const RETRY_HEARTBEATS = 2;

/** The disk is full, or the machine's store had no room to keep the state for so long: the next try may do better. */
const UNSAVED: ReadonlySet<string> = new Set(["SNAPSHOT_NO_SPACE", "STORE_SNAPSHOT_GONE"]);

/** What snapshots need of their server. */
export interface SnapshotHost {
  readonly env: Env;
  readonly core: RaftCore;
  readonly settings: RaftSettings;
  readonly send: (to: NodeId, message: RaftMessage) => void;
  /** Index of the snapshot that was found at boot; 0 for none. */
  readonly storedIndex: LogIndex;
  readonly applier: Applier;
  /** The core may have something to do. */
  readonly changed: () => void;
  /** Nobody knows what is durable. */
  readonly fail: (error: unknown) => void;
}

export class Snapshots {
  readonly #host: SnapshotHost;
  readonly #outgoing: Map<NodeId, OutgoingSnapshot> = new Map();
  readonly #loading: Set<NodeId> = new Set();
  #incoming: IncomingSnapshot | undefined;
  /** The latest on the disk: also one that the log had overtaken by the time it was there. */
  #storedIndex: LogIndex;
  #work: Promise<void> = Promise.resolve();
  #isTaking = false;

  constructor(host: SnapshotHost) {
    this.#host = host;
    this.#storedIndex = host.storedIndex;
  }

  /** Resolves once nothing is under way on the disk. */
  idle(): Promise<void> {
    return this.#work;
  }

  /** Entries were applied: takes a snapshot where one is due. */
  applied(): void {
    const { core, settings } = this.#host;
    if (this.#isTaking || core.applied < this.#storedIndex + settings.snapshotEvery) return;
    void this.take();
  }

  /** Saves the state as it is when its turn comes. */
  take(): Promise<void> {
    if (this.#isTaking) return this.#work;
    this.#isTaking = true;
    return this.#inTurn(async () => {
      try {
        await this.#take();
      } finally {
        this.#isTaking = false;
      }
    });
  }

  /** A server needs the latest snapshot. */
  sendTo(to: NodeId): void {
    if (this.#loading.has(to)) return;
    this.#loading.add(to);
    void this.#inTurn(async () => {
      try {
        const snapshot = await this.#host.settings.storage.loadSnapshot();
        if (snapshot === undefined || !this.#host.core.awaitsSnapshot(to)) return;
        this.#outgoing.set(to, new OutgoingSnapshot(snapshot));
        this.#sendChunk(to, this.#host.env.clock.nowUs());
      } finally {
        this.#loading.delete(to);
      }
    });
  }

  /** When `tick` has something to do next; Infinity where nothing is on its way. */
  get dueUs(): number {
    let dueUs = Infinity;
    for (const { sentAtUs } of this.#outgoing.values()) dueUs = Math.min(dueUs, sentAtUs + this.#retryUs);
    return dueUs;
  }

  /** Sends again what got lost, and ends transfers that nobody waits for. */
  tick(nowUs: number): void {
    const { core, env } = this.#host;
    for (const [to, outgoing] of this.#outgoing) {
      if (!core.awaitsSnapshot(to)) this.#outgoing.delete(to);
      else if (core.matchOf(to) >= outgoing.snapshot.index) {
        // It was too old by the time it was there: the log begins behind it now.
        this.#outgoing.delete(to);
        this.sendTo(to);
      } else if (nowUs >= outgoing.sentAtUs + this.#retryUs) {
        if (outgoing.hasBegun) env.reached("raft/snapshot-resumed");
        this.#sendChunk(to, nowUs);
      }
    }
  }

  onResponse(from: NodeId, { snapshot, nextChunk }: SnapshotChunkResponse, nowUs: number): void {
    const outgoing = this.#outgoing.get(from);
    if (outgoing?.answered(snapshot, nextChunk) === true) this.#sendChunk(from, nowUs);
  }

  /** From the leader of this term. */
  onChunk(from: NodeId, message: SnapshotChunk): void {
    const { core, send } = this.#host;
    const { snapshot } = message;
    // Also what comes again after the end must not begin anew (openraft 2eccb9e1).
    if (!core.wantsSnapshot(from, snapshot)) return;
    if (this.#incoming?.isOf(from, snapshot) !== true) this.#incoming = new IncomingSnapshot(from, snapshot);
    const incoming = this.#incoming;
    const isWhole = incoming.take(message);
    const nextChunk = incoming.nextChunk;
    send(from, { kind: "snapshotChunkResponse", term: core.term, snapshot, nextChunk });
    if (isWhole) void this.#inTurn(() => this.#install(incoming));
  }

  get #retryUs(): number {
    return RETRY_HEARTBEATS * this.#host.settings.heartbeatUs;
  }

  #sendChunk(to: NodeId, nowUs: number): void {
    const { core, send } = this.#host;
    const outgoing = this.#outgoing.get(to);
    if (outgoing !== undefined && core.role === "leader") send(to, outgoing.chunk(core.term, nowUs));
  }

  async #take(): Promise<void> {
    const { core, env, settings, applier } = this.#host;
    const capture = applier.capture(this.#storedIndex);
    const captured = isPromise(capture) ? await capture : capture;
    if (captured === undefined) return;
    const { index, digest, chunks } = captured;
    const meta = core.metaAt(index);
    const snapshot = { meta, digest, chunks };
    if (!(await this.#save(snapshot))) return;
    const position = { index, term: meta.term };
    env.reached("raft/snapshot-taken");
    const event: RaftEvent = { kind: "raft/snapshot-taken", position, digest: snapshot.digest };
    env.observe(event);
    // What is proposed goes to the disk first: see `Ready`.
    this.#host.changed();
    core.compact(meta, settings.keepEntries);
    this.#host.changed();
  }

  async #install(incoming: IncomingSnapshot): Promise<void> {
    const { core, applier } = this.#host;
    const snapshot = incoming.toSnapshot();
    const { meta, digest, chunks } = snapshot;
    if (meta.index > this.#storedIndex && !(await this.#save(snapshot))) return;
    if (this.#incoming === incoming) this.#incoming = undefined;
    this.#host.changed();
    const replaced = applier.replace(
      appliedBy(snapshot),
      chunks,
      // The log may have got there by itself in the meantime.
      () => meta.index > core.commit,
      () => {
        core.installSnapshot(incoming.from, meta, digest);
        this.#host.changed();
      },
    );
    if (isPromise(replaced)) await replaced;
  }

  /** False where nothing has changed: see `UNSAVED`. */
  async #save(snapshot: SnapshotToSave): Promise<boolean> {
    try {
      await this.#host.settings.storage.saveSnapshot(snapshot);
    } catch (error) {
      if (!(error instanceof SeedstormError) || !UNSAVED.has(error.code)) throw error;
      this.#incoming = undefined;
      return false;
    } finally {
      if ("close" in snapshot.chunks) snapshot.chunks.close();
    }
    this.#storedIndex = snapshot.meta.index;
    return true;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#host.fail(error));
    return this.#work;
  }
}
