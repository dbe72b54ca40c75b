/** The shell around the core: binds it to a network, a disk, a clock and a state machine. */
import { assert, type Env, type Timer } from "../env/index.js";
import type { MaybePromise } from "../store/index.js";
import { DirectApplier, type Applier } from "./applier.js";
import { raftMessageType } from "./codec/index.js";
import { RaftCore, type CoreInspection, type MembershipTarget, type Ready } from "./core/index.js";
import { DurableApplier } from "./durable-applier.js";
import { RaftError, badArgument, notLeader } from "./errors.js";
import type { RaftEvent, RaftMark, ReadKind } from "./events.js";
import { appliedBy, openMachine } from "./held-state.js";
import { leaseUs, settingsOf, type RaftNodeOptions, type RaftSettings } from "./options.js";
import { Proposals } from "./proposals.js";
import { Reads } from "./reads.js";
import { Snapshots } from "./snapshots.js";
import { isDurable, type Applied } from "./state-machine.js";
import type { Persist, Recovered } from "./storage.js";
import type { LogPosition, NodeId, RaftMessage, Term } from "./types.js";

/** How often in a heartbeat interval somebody looks whether what he waits for has happened. */
const POLLS_A_HEARTBEAT = 4;

export type Consistency = "linearizable" | "lease" | "stale";

/** A proposal that was appended. It may still get lost: `result` tells. */
export interface Proposed extends LogPosition {
  /** The state machine's answer. Rejects with RAFT_UNKNOWN. */
  readonly result: Promise<Uint8Array>;
}

export interface RaftInspection extends CoreInspection {
  /** Of all that was applied. */
  readonly digest: number;
  /** What its storage says of itself, made when it is asked for: checks that don't look don't pay. */
  readonly storage: unknown;
}

/** Messages that wait until what they promise is durable. */
interface Held {
  readonly sequence: number;
  readonly messages: Ready["afterPersist"];
}

/**
 * One server of a replicated state machine. It runs until `close`, or until its storage fails: `stopped` tells,
 * and the server may be opened again then, on the same storage.
 *
 * Every rejection is a `RaftError`; its `outcome` says whether the thing certainly never happens (`failed`) or
 * may have (`unknown`).
 */
export class RaftNode {
  /** Resolves once the server has ended: to nothing after `close`, to the reason where it could not go on. */
  readonly stopped: Promise<RaftError | undefined>;
  readonly #env: Env;
  readonly #settings: RaftSettings;
  readonly #core: RaftCore;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #applier: Applier;
  readonly #snapshots: Snapshots;
  readonly #send: (to: NodeId, message: RaftMessage) => void;
  #resolveStopped!: (error: RaftError | undefined) => void;
  #end: RaftError | undefined;
  #timer: Timer | undefined;
  /** When the timer goes off; Infinity where there is none. */
  #timerDueUs = Infinity;
  /** Numbers of the last persist that was issued, and of the last that is durable. */
  #issued = 0;
  #durable = 0;
  #held: Held[] = [];
  #isDrainDue = false;
  #isDraining = false;
  #isChanging = false;

  /** `held`: see `InitialState`. */
  private constructor(env: Env, settings: RaftSettings, recovered: Recovered, held: Applied | undefined) {
    this.#env = env;
    this.#settings = settings;
    this.stopped = new Promise((resolve) => (this.#resolveStopped = resolve));
    this.#proposals = new Proposals(env.node);
    this.#reads = new Reads(env.node);
    const options = {
      id: env.node,
      electionTimeoutUs: settings.electionTimeoutUs,
      heartbeatUs: settings.heartbeatUs,
      leaseUs: leaseUs(settings),
      maxAppendBytes: settings.maxAppendBytes,
      maxInflight: settings.maxInflight,
      random: (bound: number) => env.random.below(bound),
      observe: (event: RaftEvent) => env.observe(event),
      reached: (mark: RaftMark) => env.reached(mark),
    };
    const { hardState, base, entries, snapshot, isRepairing } = recovered;
    this.#core = new RaftCore(
      options,
      {
        hardState,
        base,
        entries,
        snapshot: snapshot?.meta,
        bootstrap: settings.bootstrap,
        isRepairing,
        held,
      },
      env.clock.nowUs(),
    );
    const type = raftMessageType(settings.formatVersion);
    this.#send = (to, message) => env.network.send(to, type, message);
    this.#applier = this.#newApplier(held ?? appliedBy(snapshot));
    this.#snapshots = new Snapshots({
      env,
      core: this.#core,
      settings,
      send: this.#send,
      storedIndex: snapshot?.meta.index ?? 0,
      applier: this.#applier,
      changed: () => this.#drain(),
      fail: (error) => this.#fail(error),
    });
    env.network.receive(type, (from, message) => this.#receive(from, message));
    this.#setTimer();
  }

  /**
   * Recovers the server from its storage and starts it. Throws RAFT_BAD_ARGUMENT, and what the storage throws,
   * after which it can be opened again.
   */
  static async open(env: Env, options: RaftNodeOptions): Promise<RaftNode> {
    const settings = settingsOf(options);
    const { storage, machine } = settings;
    const recovered = await storage.recover();
    if (!isDurable(machine)) {
      if (recovered.snapshot !== undefined) machine.restore(recovered.snapshot.chunks);
      return new RaftNode(env, settings, recovered, undefined);
    }
    try {
      return new RaftNode(env, settings, recovered, await openMachine(env, machine, recovered));
    } catch (error) {
      // What is wrong already says more than what closing adds.
      await machine.close().catch(() => undefined);
      await storage.close().catch(() => undefined);
      throw error;
    }
  }

  /** Whether this server leads, as far as it knows. */
  get isLeader(): boolean {
    return this.#core.role === "leader";
  }

  /** The latest term that this server knows of; where it leads, its own. */
  get term(): Term {
    return this.#core.term;
  }

  /**
   * Replicates a command and resolves to its result. RAFT_NOT_LEADER, RAFT_BUSY, RAFT_STOPPED, RAFT_UNKNOWN;
   * RAFT_BAD_ARGUMENT for one that is too long.
   */
  async propose(command: Uint8Array): Promise<Uint8Array> {
    this.#assertRunning();
    const proposed = this.tryPropose(command);
    if (proposed !== undefined) return proposed.result;
    if (this.#core.role !== "leader") throw notLeader(this.#env.node, this.#core.leader);
    throw this.#busy("a leader that takes proposals", "one that hands over, or has too many in flight");
  }

  /**
   * The same where somebody wants to know the place in the log. Undefined where the command was not appended.
   * Throws RAFT_BAD_ARGUMENT.
   */
  tryPropose(command: Uint8Array): Proposed | undefined {
    const { maxCommandBytes } = this.#settings;
    if (command.length > maxCommandBytes) {
      throw badArgument(`a command of at most ${maxCommandBytes} bytes`, String(command.length), "propose");
    }
    if (this.#end !== undefined || this.#proposals.size >= this.#settings.maxPending) return undefined;
    const position = this.#core.propose(command);
    if (position === undefined || position === "busy") return undefined;
    this.#scheduleDrain();
    const { index, term } = position;
    return { index, term, result: this.#proposals.resultOf(position) };
  }

  /**
   * Answers a query. `linearizable`: asks a quorum whether this server still leads. `lease`: without asking
   * while it can know, which takes clocks within `leaseDriftPpm`; else as `linearizable`. `stale`: from what
   * this server has, however old. RAFT_NOT_LEADER, RAFT_STOPPED; a read that fails has no effect.
   */
  async read(query: Uint8Array, consistency: Consistency): Promise<Uint8Array> {
    this.#assertRunning();
    if (consistency === "stale") return this.#serve(query, "stale");
    // From here to the answer nothing is awaited: the state is that of a moment at which the lease held.
    if (consistency === "lease" && this.#core.holdsLease(this.#env.clock.nowUs())) {
      return this.#serve(query, "lease");
    }
    const { id, granted } = this.#reads.add();
    if (!this.#core.requestRead(id, this.#env.clock.nowUs())) {
      this.#reads.remove(id);
      throw notLeader(this.#env.node, this.#core.leader);
    }
    this.#scheduleDrain();
    return granted.then(() => this.#serve(query, "readIndex"));
  }

  /**
   * Changes who votes and who learns, by joint consensus; servers that are new to the cluster learn until they
   * have caught up, and vote then. Resolves once the new configuration is committed. RAFT_NOT_LEADER,
   * RAFT_CHANGE_IN_PROGRESS, RAFT_UNKNOWN: it may be half done; ask again with the same target.
   */
  async changeMembership(target: MembershipTarget): Promise<void> {
    this.#assertRunning();
    this.#checkTarget(target);
    if (!this.isLeader) throw notLeader(this.#env.node, this.#core.leader);
    if (this.#isChanging) throw this.#changeInProgress();
    this.#isChanging = true;
    try {
      await this.#change(target);
    } finally {
      this.#isChanging = false;
    }
  }

  /**
   * Hands the leadership to another voter and resolves once this server no longer leads. RAFT_NOT_LEADER,
   * RAFT_BUSY, RAFT_BAD_ARGUMENT where `to` can't lead, RAFT_UNKNOWN where it did not take over in time.
   */
  async transferLeadership(to: NodeId): Promise<void> {
    this.#assertRunning();
    if (!this.isLeader) throw notLeader(this.#env.node, this.#core.leader);
    if (to === this.#env.node) return;
    if (this.#core.isTransferring) throw this.#busy("a leader at rest", "one that hands over");
    if (!this.#core.transferLeadership(to, this.#env.clock.nowUs())) {
      throw badArgument("another voter that is whole", to, "transferLeadership");
    }
    this.#drain();
    while (this.#core.isTransferring && this.#end === undefined) await this.#wait();
    if (this.isLeader) throw this.#unknown(`${to} did not take over in time`);
  }

  /** Saves the state as applied now and gives up the log before it. No effect where nothing was applied since. */
  async takeSnapshot(): Promise<void> {
    this.#assertRunning();
    await this.#snapshots.take();
  }

  /** For people and checks. */
  inspect(): RaftInspection {
    const { storage } = this.#settings;
    return {
      ...this.#core.inspect(),
      digest: this.#applier.digest,
      get storage() {
        return storage.inspect?.();
      },
    };
  }

  /** Ends the server. What is under way is rejected with RAFT_UNKNOWN. What was acknowledged is durable. */
  async close(): Promise<void> {
    if (this.#end === undefined) await this.#stop(undefined);
    await this.stopped;
  }

  #receive(from: NodeId, message: RaftMessage): void {
    if (this.#end !== undefined) return;
    const nowUs = this.#env.clock.nowUs();
    try {
      const isCurrent = this.#core.step(from, message, nowUs);
      if (message.kind === "snapshotChunk" && isCurrent) this.#snapshots.onChunk(from, message);
      else if (message.kind === "snapshotChunkResponse" && isCurrent) {
        this.#snapshots.onResponse(from, message, nowUs);
      }
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.#fail(error);
      return;
    }
    this.#drain();
  }

  /** Sees to it that the next tick comes in time. A due time that moves away is only noticed when it comes. */
  #setTimer(): void {
    const dueUs = Math.min(this.#core.dueUs, this.#snapshots.dueUs);
    if (dueUs >= this.#timerDueUs || this.#end !== undefined) return;
    this.#timer?.cancel();
    this.#timerDueUs = dueUs;
    const delayUs = Math.max(1, dueUs - this.#env.clock.nowUs());
    this.#timer = this.#env.clock.setTimer(delayUs, () => {
      this.#timerDueUs = Infinity;
      const nowUs = this.#env.clock.nowUs();
      this.#core.tick(nowUs);
      this.#snapshots.tick(nowUs);
      this.#drain();
    });
  }

  /** Some time passes. */
  #wait(): Promise<void> {
    return this.#env.clock.sleep(Math.floor(this.#settings.heartbeatUs / POLLS_A_HEARTBEAT));
  }

  /** After all calls of this step, so that they share appends, a sync and a round. */
  #scheduleDrain(): void {
    if (this.#isDrainDue) return;
    this.#isDrainDue = true;
    void Promise.resolve().then(() => {
      this.#isDrainDue = false;
      this.#drain();
    });
  }

  /** Carries out what the core asks for, in the order that `Ready` promises. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (this.#end === undefined) {
        const ready = this.#core.ready();
        if (ready === undefined) break;
        this.#carryOut(ready);
      }
    } finally {
      this.#isDraining = false;
    }
    if (!this.isLeader) this.#proposals.giveUp("a leader that stepped down");
    this.#setTimer();
  }

  #carryOut(ready: Ready): void {
    for (const { to, message } of ready.messages) this.#send(to, message);
    if (ready.persist !== undefined) this.#persist(ready.sequence, ready.persist);
    if (ready.afterPersist.length > 0) {
      if (this.#durable === this.#issued)
        for (const { to, message } of ready.afterPersist) this.#send(to, message);
      else this.#held.push({ sequence: this.#issued, messages: ready.afterPersist });
    }
    if (ready.committed.length > 0) this.#applier.take(ready.committed);
    for (const { id, isGranted } of ready.reads) {
      this.#reads.answer(id, isGranted, this.#core.leader);
    }
    for (const to of ready.snapshotsTo) this.#snapshots.sendTo(to);
    // An applier that takes its time says later how far it is.
    if (ready.committed.length > 0) this.#snapshots.applied();
  }

  #persist(sequence: number, persist: Persist): void {
    this.#issued = sequence;
    const done = this.#settings.storage.persist(persist);
    if (done === undefined) {
      this.#durable = sequence;
      this.#core.persisted(sequence);
      return;
    }
    done.then(
      () => this.#onDurable(sequence),
      (error: unknown) => this.#fail(error),
    );
  }

  #onDurable(sequence: number): void {
    if (this.#end !== undefined) return;
    assert(sequence > this.#durable, "what was issued first is durable first");
    this.#durable = sequence;
    // First of all the state says so: whoever hears of a promise may ask for it.
    this.#core.persisted(sequence);
    while (this.#held.length > 0 && this.#held[0]!.sequence <= sequence) {
      for (const { to, message } of this.#held.shift()!.messages) this.#send(to, message);
    }
    this.#drain();
  }

  #newApplier(at: Applied): Applier {
    const { machine } = this.#settings;
    const host = { env: this.#env, proposals: this.#proposals };
    if (!isDurable(machine)) return new DirectApplier(machine, at, host);
    return new DurableApplier(machine, at, {
      ...host,
      applied: (index) => {
        this.#core.appliedTo(index);
        this.#snapshots.applied();
        this.#drain();
      },
      fail: (error) => this.#fail(error),
    });
  }

  #serve(query: Uint8Array, read: ReadKind): MaybePromise<Uint8Array> {
    this.#observe({ kind: "raft/read-served", read, index: this.#core.applied });
    return this.#applier.query(query);
  }

  async #change(target: MembershipTarget): Promise<void> {
    const { clock } = this.#env;
    const deadlineUs = clock.nowUs() + this.#settings.membershipTimeoutUs;
    let hasBegun = false;
    for (;;) {
      const step = this.#core.stepTowards(target);
      if (step === "done") return;
      if (this.#end !== undefined || !this.isLeader) {
        if (hasBegun) throw this.#unknown("a leader that stepped down");
        throw notLeader(this.#env.node, this.#core.leader);
      }
      if (clock.nowUs() >= deadlineUs) {
        throw hasBegun ? this.#unknown("no end of it in time") : this.#changeInProgress();
      }
      if (step === "wait") await this.#wait();
      else {
        hasBegun = true;
        this.#drain();
      }
    }
  }

  #checkTarget({ voters, learners }: MembershipTarget): void {
    if (voters.length === 0) throw badArgument("at least one voter", "none", "changeMembership");
    const both = learners.find((node) => voters.includes(node));
    if (both !== undefined) throw badArgument("learners that don't vote", both, "changeMembership");
  }

  #assertRunning(): void {
    if (this.#end === undefined) return;
    throw this.#end;
  }

  /** The storage, or the state itself, no longer holds what this server promised. Gives why the server ended. */
  #fail(error: unknown): RaftError {
    if (this.#end !== undefined) return this.#end;
    if (error instanceof RaftError) {
      void this.#stop(error);
      return error;
    }
    const found = error instanceof Error ? error.message : String(error);
    const parts = {
      expected: "a working storage",
      found,
      where: this.#env.node,
      todo: "open the server again",
    };
    const reason = new RaftError("RAFT_STOPPED", parts, { cause: error });
    void this.#stop(reason);
    return reason;
  }

  async #stop(reason: RaftError | undefined): Promise<void> {
    assert(this.#end === undefined, "a server ends once");
    const parts = {
      expected: "a running server",
      found: "one that is closed",
      where: this.#env.node,
      todo: "open it",
    };
    this.#end = reason ?? new RaftError("RAFT_STOPPED", parts);
    this.#timer?.cancel();
    this.#proposals.giveUp("a server that stopped");
    this.#reads.refuseAll(this.#end);
    await this.#snapshots.idle();
    try {
      if (this.#applier.close !== undefined) await this.#applier.close();
      await this.#settings.storage.close();
    } catch (error) {
      // What was acknowledged is durable all the same; that the rest is not is what a stop means.
      if (reason === undefined) this.#env.log(`raft: closing the storage: ${String(error)}`);
    }
    this.#resolveStopped(reason);
  }

  #busy(expected: string, found: string): RaftError {
    return new RaftError("RAFT_BUSY", { expected, found, where: this.#env.node, todo: "try again soon" });
  }

  #changeInProgress(): RaftError {
    const parts = { expected: "a settled membership", found: "a change under way, or a new leader" };
    return new RaftError("RAFT_CHANGE_IN_PROGRESS", {
      ...parts,
      where: this.#env.node,
      todo: "try again soon",
    });
  }

  #unknown(found: string): RaftError {
    const parts = {
      expected: "the end of the change",
      found,
      where: this.#env.node,
      todo: "look, and ask again",
    };
    return new RaftError("RAFT_UNKNOWN", parts, { outcome: "unknown" });
  }

  #observe(event: RaftEvent): void {
    this.#env.observe(event);
  }
}
