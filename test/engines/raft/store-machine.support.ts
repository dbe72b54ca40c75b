// State machines on stores in a simulated world, and the log that leads them, as a server would.
import type { Env } from "#engines/env/index.js";
import {
  KEY_VALUE_RULES,
  KeyValueMachine,
  encodeCommand,
  type KeyValueCommand,
} from "#engines/raft/kv/index.js";
import { digestAfter } from "#engines/raft/applier.js";
import { SessionMachine, encodeOpenSession, encodeSessionCommand } from "#engines/raft/sessions.js";
import { NOTHING_APPLIED, type Applied, type StateStream } from "#engines/raft/state-machine.js";
import { StoreMachine, type StoreMachineOptions } from "#engines/raft/store-machine/index.js";
import type { Entry } from "#engines/raft/types.js";
import type { World } from "#sim/world.js";
import { LogStore, type LogStoreOptions } from "../support/log-store.js";
import { testWorld, type TestWorldOptions } from "../../support/world.js";

export const LIMITS = { keyBytes: 32, valueBytes: 4_096 };
export const MAX_SESSIONS = 3;

export interface MachineTuning extends Partial<Omit<LogStoreOptions, "directory">> {
  readonly onOpen?: (store: LogStore) => void;
  readonly openStore?: StoreMachineOptions["openStore"];
}

export function storeMachine(env: Env, tuning: MachineTuning = {}): StoreMachine {
  const { onOpen, openStore, ...options } = tuning;
  return new StoreMachine(env, {
    openStore:
      openStore ??
      (async (at, directory) => {
        const store = await LogStore.open(at, { ...options, directory });
        onOpen?.(store);
        return store;
      }),
    rules: KEY_VALUE_RULES,
    limits: LIMITS,
    maxSessions: MAX_SESSIONS,
  });
}

export function memoryMachine(): SessionMachine {
  return new SessionMachine(new KeyValueMachine(), { maxSessions: MAX_SESSIONS });
}

/** One step of a log: a session is opened, a command is sent in one, or bytes that are neither. */
export type Step =
  | { readonly kind: "open" }
  | {
      readonly kind: "command";
      readonly session: number;
      readonly sequence: number;
      readonly command: KeyValueCommand;
    }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

export function bytesOf(step: Step): Uint8Array {
  if (step.kind === "open") return encodeOpenSession();
  if (step.kind === "bytes") return step.bytes;
  return encodeSessionCommand(step.session, step.sequence, encodeCommand(step.command));
}

export function entryOf(step: Step, index: number): Entry {
  return { index, term: 1 + (index >> 3), kind: "command", data: bytesOf(step) };
}

/** What a machine in memory makes of a log: the result and the place of each entry. */
export class Expected {
  readonly machine: SessionMachine = memoryMachine();
  readonly results: Uint8Array[] = [];
  readonly places: Applied[] = [NOTHING_APPLIED];
  /** Chunks of the state at each place. */
  readonly states: (readonly Uint8Array[])[] = [this.machine.snapshot()];

  constructor(steps: readonly Step[]) {
    for (const [i, step] of steps.entries()) {
      const entry = entryOf(step, i + 1);
      const result = this.machine.apply(entry.data, entry.index);
      const { index, term } = entry;
      this.results.push(result);
      this.places.push({ index, term, digest: digestAfter(this.places[i]!.digest, entry, result) });
      this.states.push(this.machine.snapshot());
    }
  }
}

export async function chunksOf(stream: StateStream): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  stream.close();
  return chunks;
}

/** What chunks say, whatever machine they are from: the sessions in their order, and the rows by key. */
export function meaningOf(chunks: readonly Uint8Array[]): unknown {
  const values = new KeyValueMachine();
  const machine = new SessionMachine(values, { maxSessions: MAX_SESSIONS });
  machine.restore(chunks);
  const sessions = machine.snapshot().slice(0, -values.snapshot().length);
  return { sessions, rows: [...values.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}

/** Runs it as the process of a machine, and gives the world, whose findings it throws. */
export async function inProcess(
  story: (env: Env, world: World) => Promise<void>,
  options: TestWorldOptions = {},
): Promise<World> {
  const world = testWorld(options);
  const node = world.addNode("n1");
  await world.run(async () => {
    await world.boot(node, (env) => story(env, world)).exited;
  });
  const [finding] = world.findings;
  if (finding !== undefined)
    throw new Error(`${finding.invariant}: ${finding.message}\n${finding.stack ?? ""}`);
  return world;
}
