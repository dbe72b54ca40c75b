import { assert } from "../env/index.js";
import { StoreError, readOnly, toStoreError, type Sequence, type WriteOperation } from "../store/index.js";
import type { Lsn } from "../wal/index.js";
import type { Checkpointer } from "./checkpoint.js";
import type { Core } from "./core.js";
import type { Gate } from "./gate.js";
import { GroupMaker, TURN } from "./group-maker.js";
import { PageDamaged, readStateInto, STATE_PAGE, type PageId } from "./page/index.js";
import { PendingGroup } from "./pending-group.js";
import type { Workspace } from "./workspace.js";

/** Batches are joined up to so many bytes of keys and values. */
const GROUP_BYTES = 1024 * 1024;
/** How many groups are kept for use again: one is being written while the next one gathers. */
const KEPT_GROUPS = 2;
/** How long a group waits where the log has grown too long. */
const SLOWED_US = 1_000;

/**
 * The queue of batches. What waits is taken together: each batch is made in the workspace, their records are logged
 * with one append, and once the log has acknowledged it readers see all of them. One group is under way at a time;
 * the next one gathers meanwhile.
 */
export class Writer {
  readonly #core: Core;
  readonly #workspace: Workspace;
  readonly #gate: Gate;
  readonly #checkpointer: Checkpointer;
  readonly #maker: GroupMaker;
  readonly #queue: PendingGroup[] = [];
  /** The last of the queue, where it takes more. */
  #filling: PendingGroup | undefined;
  readonly #spare: PendingGroup[] = [];
  #isPumping = false;
  #pumping: Promise<void> = Promise.resolve();
  /** The group that is being made and logged, and the first of its numbers. */
  #group: PendingGroup | undefined;
  #firstLsn: Lsn = 0;
  /** Whether a batch is acknowledged without a sync: company saves little then, and waiting for it costs. */
  readonly #goesAtOnce: boolean;
  /** It has gone at once, so that no pump waits for its end. */
  #isAlone = false;
  readonly #logged = (lastLsn: Lsn): void => this.#acknowledge(lastLsn);
  readonly #failed = (error: unknown): void => this.#fail(error);
  /** Calls so far. Where it stands still for a round of microtasks, everybody who is awake has called. */
  #arrivals = 0;

  userBytes = 0;
  batches = 0;
  operations = 0;
  logBytes = 0;
  slowed = 0;
  stalled = 0;

  constructor(core: Core, workspace: Workspace, gate: Gate, checkpointer: Checkpointer) {
    this.#core = core;
    this.#workspace = workspace;
    this.#gate = gate;
    this.#checkpointer = checkpointer;
    this.#maker = new GroupMaker(workspace);
    const { kind } = core.settings.wal.policy;
    this.#goesAtOnce = kind === "none" || kind === "interval";
  }

  put(key: Uint8Array, value: Uint8Array): Promise<Sequence> {
    const refusal = this.#core.health.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const group = this.#groupFor(1, key.length + value.length);
    group.put(key, value);
    return this.#enqueue(group);
  }

  delete(key: Uint8Array): Promise<Sequence> {
    const refusal = this.#core.health.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const group = this.#groupFor(1, key.length);
    group.delete(key);
    return this.#enqueue(group);
  }

  /** `sizeBytes`: of its keys and values. */
  write(batch: readonly WriteOperation[], sizeBytes: number): Promise<Sequence> {
    const refusal = this.#core.health.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const group = this.#groupFor(batch.length, sizeBytes);
    for (const operation of batch) group.add(operation);
    return this.#enqueue(group);
  }

  /** Resolves once everything that was given before has been answered. */
  async drained(): Promise<void> {
    while (this.#isPumping) await this.#pumping;
  }

  #groupFor(operations: number, sizeBytes: number): PendingGroup {
    const filling = this.#filling;
    const { policy } = this.#core.settings.wal;
    if (filling !== undefined && policy.kind !== "each" && filling.sizeBytes + sizeBytes <= GROUP_BYTES) {
      filling.reserve(operations, sizeBytes);
      return filling;
    }
    const group = this.#spare.pop() ?? new PendingGroup();
    // Before it stands in the queue: an empty group must never have its turn.
    group.reserve(operations, sizeBytes);
    this.#queue.push(group);
    this.#filling = group;
    return group;
  }

  #enqueue(group: PendingGroup): Promise<Sequence> {
    return new Promise((resolve, reject) => {
      group.expect(resolve, reject);
      this.#arrivals++;
      if (this.#isPumping) return;
      this.#isPumping = true;
      this.#isAlone = this.#goesAtOnce && !this.#isHindered();
      this.#pumping = this.#isAlone ? this.#commit(this.#takeNext()) : this.#pump();
    });
  }

  #takeNext(): PendingGroup {
    const group = this.#queue.shift()!;
    if (group === this.#filling) this.#filling = undefined;
    return group;
  }

  /**
   * Before each group it waits for the company of those who are awake too: writers whose last batches were acknowledged
   * together call again within a few microtasks, but not in the same one.
   */
  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      let seen;
      do {
        seen = this.#arrivals;
        await Promise.resolve();
      } while (this.#arrivals > seen && this.#queue.length === 1);
      const hindrance = this.#isHindered() ? await this.#hindrance() : undefined;
      const error = hindrance ?? this.#core.health.failure;
      const group = this.#takeNext();
      if (error === undefined) await this.#commit(group);
      else {
        this.#refuse(group, error);
        this.#recycle(group);
      }
    }
    this.#isPumping = false;
  }

  #recycle(group: PendingGroup): void {
    group.clear();
    if (group.isReusable && this.#spare.length < KEPT_GROUPS) this.#spare.push(group);
  }

  #isHindered(): boolean {
    const { pool, settings } = this.#core;
    return settings.gatherUs > 0 || this.#checkpointer.slowsWriters || pool.pages > pool.capacityPages;
  }

  /** Gives why the next group can't be written, where that is so. */
  async #hindrance(): Promise<StoreError | undefined> {
    try {
      return await this.#wait();
    } catch (error) {
      return this.#core.health.broke(error);
    }
  }

  /** Waits for company, where the policy says so, for the checkpoint and for room in the pool. */
  async #wait(): Promise<StoreError | undefined> {
    const { pool, telling, env, settings } = this.#core;
    if (settings.gatherUs > 0 && this.#queue.length === 1) await env.clock.sleep(settings.gatherUs);
    if (this.#checkpointer.stallsWriters) {
      this.stalled++;
      telling.reached("btree/writer-stalled");
      const error = await this.#checkpointer.relieve();
      if (error !== undefined) return error;
    } else if (this.#checkpointer.slowsWriters) {
      this.slowed++;
      telling.reached("btree/writer-slowed");
      await env.clock.sleep(SLOWED_US);
    }
    if (pool.pages <= pool.capacityPages) return undefined;
    await pool.makeRoom();
    const isFull = pool.pages > pool.capacityPages && pool.noSpace !== undefined;
    return isFull ? (toStoreError(pool.noSpace, telling.directory, "failed") as StoreError) : undefined;
  }

  /** Makes the group, logs and publishes it. Where all is in memory, there is nothing to wait for but the log. */
  #commit(group: PendingGroup): Promise<void> {
    const { health, wal } = this.#core;
    assert(health.failure === undefined, "a store that failed writes no more");
    this.#gate.take();
    this.#group = group;
    this.#firstLsn = wal.lastLsn + 1;
    try {
      this.#maker.begin(group, this.#firstLsn);
      const missing = this.#maker.proceed();
      const isMade = missing === 0 && !this.#workspace.hasReplacedUnseen;
      const logged = isMade ? this.#append() : this.#make(missing).then(() => this.#append());
      return logged.then(this.#logged, this.#failed);
    } catch (error) {
      this.#fail(error);
      return Promise.resolve();
    }
  }

  /** Makes the rest of the group. Throws what the loading of pages throws, and `PageDamaged`. */
  async #make(missing: number): Promise<void> {
    const { env, tree } = this.#core;
    for (let page = missing; page !== 0; page = this.#maker.proceed()) {
      if (page === TURN) await env.clock.sleep(0);
      else await this.#fetch(page);
    }
    for (const page of this.#workspace.replacedUnseen(tree.pageCount)) await this.#fetch(page);
  }

  #append(): Promise<Lsn> {
    const { wal } = this.#core;
    const records = this.#workspace.records();
    if (records.length === 1) return wal.append(records[0]!);
    return wal.appendBatch(records).then(({ lastLsn }) => lastLsn);
  }

  async #fetch(page: PageId): Promise<void> {
    const { pool, telling } = this.#core;
    this.#workspace.hold(await pool.load(page));
    telling.reached("btree/page-loaded-for-write");
  }

  /** The log has the group. */
  #acknowledge(lastLsn: Lsn): void {
    try {
      this.#publish(lastLsn);
    } catch (error) {
      return this.#fail(error);
    }
    this.#end();
  }

  /** Readers see the group from now on. */
  #publish(lastLsn: Lsn): void {
    const { pool, views, telling } = this.#core;
    const workspace = this.#workspace;
    const group = this.#group!;
    const firstLsn = this.#firstLsn;
    assert(lastLsn === firstLsn + group.batches - 1, "nobody else appends to the log");
    const pages = workspace.changedPages;
    const changesState = workspace.changes(STATE_PAGE);
    for (const { id, bytes, lsn } of workspace.drafts) {
      const old = pool.publish(id, bytes, lsn);
      if (old !== undefined) views.replaced(id, old, lastLsn);
    }
    const { recordBytes } = workspace;
    this.logBytes += recordBytes;
    workspace.published();
    views.published(lastLsn);
    if (changesState) this.#noteTree();
    this.userBytes += group.sizeBytes;
    this.batches += group.batches;
    this.operations += group.operations;
    if (group.batches > 1) telling.reached("btree/write-group");
    telling.observe({
      kind: "btree/published",
      directory: telling.directory,
      firstSequence: firstLsn,
      lastSequence: lastLsn,
      pages,
    });
    group.resolve(firstLsn);
    this.#checkpointer.logged(recordBytes);
  }

  /** The group is answered. */
  #end(): void {
    this.#recycle(this.#group!);
    this.#group = undefined;
    this.#gate.free();
    if (!this.#isAlone) return;
    this.#isAlone = false;
    // Before those who wait hear of it: the next one of a writer that waits for each is alone again.
    if (this.#queue.length > 0) this.#pumping = this.#pump();
    else this.#isPumping = false;
  }

  #noteTree(): void {
    const { tree, pool, file, telling } = this.#core;
    const { freeCount } = tree;
    readStateInto(tree, pool.frame(STATE_PAGE)!.bytes);
    file.pageCount = tree.pageCount;
    if (tree.freeCount > freeCount) telling.reached("btree/page-freed");
    if (tree.freeCount < freeCount) telling.reached("btree/page-reused");
  }

  #fail(error: unknown): void {
    this.#workspace.drop();
    try {
      this.#answer(this.#group!, error);
    } finally {
      this.#end();
    }
  }

  #answer(group: PendingGroup, error: unknown): void {
    const { health, telling, file } = this.#core;
    if (error instanceof PageDamaged) {
      const { expected, found } = error.parts;
      return group.reject(health.fail(file.damage(error.page, expected, found, error), "failed"));
    }
    if (!health.isExpected(error)) return group.reject(health.broke(error));
    const failure = toStoreError(error, telling.directory, "failed") as StoreError;
    if (failure.isHarmless) return this.#refuse(group, failure);
    group.reject(health.fail(failure, failure.outcome));
  }

  /** Nothing of the group was done. */
  #refuse(group: PendingGroup, error: StoreError): void {
    const { telling } = this.#core;
    if (error.code === "STORE_NO_SPACE") {
      telling.reached("btree/no-space");
      telling.observe({ kind: "btree/no-space", directory: telling.directory });
      group.reject(error);
    } else group.reject(error.isHarmless ? error : readOnly(telling.directory, error));
  }
}
