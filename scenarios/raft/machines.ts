/** State machines on a key-value store: how a server gets its own, and what all of them have to come to. */
import type { Env } from "#engines/env/index.js";
import { KEY_VALUE_RULES, KeyValueMachine } from "#engines/raft/kv/index.js";
import { SessionMachine } from "#engines/raft/sessions.js";
import type { DurableMachine } from "#engines/raft/state-machine.js";
import { StoreMachine, type StateLimits } from "#engines/raft/store-machine/index.js";
import { StoreError, type KeyValueStore } from "#engines/store/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import type { Stream } from "#sim/streams.js";
import type { ClusterModel } from "./checks/index.js";
import type { Life } from "./cluster.js";
import type { MachineHost, RaftSetting } from "./plan.js";
import type { Storm } from "./storm.js";

/** Values are appended to all the time. */
const LIMITS: StateLimits = { keyBytes: 32, valueBytes: 1_024 * 1_024 };

const ANSWER_WITHIN_US = 10_000_000;
const POLL_US = 50_000;

const INTERVAL_US = 20_000;

/** Opens the engine's store in this directory. */
export type OpenStore = (env: Env, directory: string) => Promise<KeyValueStore>;

/** The log of the cluster has what a crash takes from a store, so any policy will do. */
export function drawPolicy(stream: Stream): SyncPolicy["kind"] {
  return stream.pick(["each", "group", "group", "interval", "none", "none"] as const);
}

export function policyOf(kind: SyncPolicy["kind"]): SyncPolicy {
  return kind === "interval" ? { kind, intervalUs: INTERVAL_US } : { kind };
}

/** The setting, with each server's state in such a store. */
export function onStores(setting: RaftSetting, openStore: OpenStore): RaftSetting {
  return {
    ...setting,
    newMachine: (host) =>
      new StoreMachine(host.env, {
        openStore: (env, directory) => openVerified(host, () => openStore(env, directory)),
        rules: KEY_VALUE_RULES,
        limits: LIMITS,
        maxSessions: host.maxSessions,
      }),
    checkMachines,
  };
}

/** What a crash leaves is whole, by the store's own rules, whenever it opens. */
async function openVerified(host: MachineHost, open: () => Promise<KeyValueStore>): Promise<KeyValueStore> {
  const store = await open();
  if (host.isFaulty) return store;
  const [problem] = await problemsOf(store);
  if (problem !== undefined) host.report("raft/store-verify", `${host.env.node}: ${problem}`);
  return store;
}

/** A disk that fails for a moment says nothing about the store. */
async function problemsOf(store: Pick<KeyValueStore, "verify">): Promise<readonly string[]> {
  try {
    const { problems } = await store.verify();
    return problems.map(({ rule, where, message }) => `${rule} at ${where}: ${message}`);
  } catch (error) {
    if (error instanceof StoreError && error.code === "STORE_IO_FAILED") return [];
    throw error;
  }
}

/**
 * The members' states are, byte for byte, what the committed log makes of an empty state in memory; and the
 * stores of those whose disks are honest keep their own rules.
 */
async function checkMachines(storm: Storm): Promise<void> {
  const { checks, cluster, plan, report, run } = storm;
  const { voters } = checks.model.committedConfiguration;
  for (const name of voters) {
    const server = cluster.server(name);
    const isFaulty = plan.faulty.has(name);
    const looked = await answerOf<Look>(storm, (done) => {
      cluster.order(server, (life) => void lookAt(life, !isFaulty).then(done));
    });
    // Its process, or its whole machine, may have been struck just now.
    if (looked === undefined) continue;
    const { state, index, problems } = looked;
    if (problems.length > 0) report("raft/store-verify", `${name}: ${problems[0]!}`);
    if (state === undefined) continue;
    run.count("machinesCompared");
    const expected = stateAt(checks.model, index, plan.tuning.maxSessions);
    if (expected !== undefined && state !== expected) {
      report("raft/state-differs", `${name} holds another state at ${index} than its log makes`);
    }
  }
}

interface Look {
  /** Undefined where it can't be read. */
  readonly state: string | undefined;
  readonly index: number;
  readonly problems: readonly string[];
}

async function lookAt({ machine, raft }: Life, verifies: boolean): Promise<Look> {
  const { applied: index } = raft.inspect();
  const stream = (machine as DurableMachine).snapshot();
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const problems = verifies ? await problemsOf(machine as StoreMachine) : [];
    return { state: meaningOf(chunks), index, problems };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Nobody has looked there since it went bad.
    return { state: undefined, index, problems: verifies ? [error.message] : [] };
  } finally {
    stream.close();
  }
}

/** Undefined where nobody answers in time. */
async function answerOf<T>(
  { run: { world } }: Storm,
  ask: (done: (answer: T) => void) => void,
): Promise<T | undefined> {
  const answers: T[] = [];
  ask((answer) => answers.push(answer));
  const untilUs = world.nowUs + ANSWER_WITHIN_US;
  while (answers.length === 0 && world.nowUs < untilUs) await world.sleep(POLL_US);
  return answers[0];
}

/** What the committed log up to `index` makes of an empty state; undefined where an entry of it was never seen. */
function stateAt(model: ClusterModel, index: number, maxSessions: number): string | undefined {
  const machine = new SessionMachine(new KeyValueMachine(), { maxSessions });
  for (let at = 1; at <= index; at++) {
    const entry = model.committedAt(at)?.entry;
    if (entry === undefined) return undefined;
    if (entry.kind === "command") machine.apply(entry.data, at);
  }
  return meaningOf(machine.snapshot());
}

/** What a state's chunks say, whatever machine they are from: the sessions in their order, the rows by their keys. */
function meaningOf(chunks: readonly Uint8Array[]): string {
  const store = new KeyValueMachine();
  const machine = new SessionMachine(store);
  machine.restore(chunks);
  const sessions = machine.snapshot().slice(0, -store.snapshot().length);
  const rows = [...store.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sessions.map((chunk) => [...chunk]), rows]);
}
