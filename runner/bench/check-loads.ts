/** What `bench check` gives to the checker: recorded histories, and large ones that are made up. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "#engines/env/index.js";
import { History, type Operation } from "#sim/check/history.js";
import {
  checkLinearizable,
  keyValueModel,
  registerModel,
  type KeyValueInput,
  type RegisterInput,
  type Value,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";
import { Streams, type Stream } from "#sim/streams.js";
import { UsageError } from "../errors.js";
import { KEY_VALUE, REGISTER, assemble } from "../histories/assemble.js";
import { parseEdn } from "../histories/edn.js";
import { parseJepsenEtcd } from "../histories/jepsen-etcd.js";

/** Histories in memory, ready to be checked. */
export interface CheckLoad {
  readonly name: string;
  readonly histories: number;
  readonly operations: number;
  /** How many of the histories are linearizable. */
  check(): number;
  /** What Porcupine takes, or what is known of that; empty where nothing is. */
  readonly porcupine: string;
}

/** Porcupine in Go on a machine like this one, one thread, warm, without parsing. */
const PORCUPINE_ETCD = "1,100..1,900 for all 103";
const PORCUPINE_KV: ReadonlyMap<string, string> = new Map([
  ["c01-ok.txt", "0.10..0.20"],
  ["c01-bad.txt", "0.10..0.20"],
  ["c10-ok.txt", "2.3"],
  ["c10-bad.txt", "0.70"],
]);

const SEED = 1;

/** Jepsen's logs of etcd, as one load, and each of the key-value histories. Throws `UsageError`. */
export function recordedLoads(directory: string): CheckLoad[] {
  const etcd = read(join(directory, "etcd"), ".log").map(
    ({ name, text }) => assemble(parseJepsenEtcd(text, name), REGISTER, name).operations,
  );
  const kv = read(join(directory, "kv"), ".txt").map(({ name, text }) => {
    const { operations } = assemble(parseEdn(text, name), KEY_VALUE, name);
    // Porcupine's store has no absent keys: it answers "".
    return keyValueLoad(`kv ${name}`, operations, "", PORCUPINE_KV.get(name) ?? "");
  });
  return [registerLoad(`${etcd.length} etcd logs`, etcd, PORCUPINE_ETCD), ...kv];
}

/** One register, many clients at once: what a search drowns in, and zones do not. */
export function manyClients(clients: number, operationsEach: number): CheckLoad {
  const stream = new Streams(SEED).get("register");
  const history = new History<RegisterInput, ValueOutput>();
  let value: Value = null;
  let written = 0;
  drive(stream, clients, clients * operationsEach, (client) => {
    const input: RegisterInput = stream.below(2) === 0 ? { op: "read" } : { op: "write", value: ++written };
    const operation = history.invoke(client, input);
    let output: ValueOutput;
    return {
      takeEffect: () => {
        if (input.op === "write") value = input.value;
        else output = value;
      },
      answer: () => history.ok(operation, output),
    };
  });
  const name = `register, ${clients} clients, unique writes`;
  return registerLoad(name, [history.operations], "gives up");
}

/** A store of many keys, few clients. No compare-and-set fails, and no value is written twice. */
export function manyOperations(clients: number, keys: number, operations: number): CheckLoad {
  const stream = new Streams(SEED).get("store");
  const history = new History<KeyValueInput, ValueOutput>();
  const store = new Map<string, number>();
  let written = 0;
  drive(stream, clients, operations, (client) => {
    const key = `k${stream.below(keys)}`;
    const from = store.get(key);
    const to = ++written;
    const kind = stream.below(4);
    if (kind === 0 && from !== undefined) {
      // It takes effect as it begins, so that nobody comes in between.
      const operation = history.invoke(client, { op: "cas", key, from, to });
      store.set(key, to);
      return { takeEffect: () => {}, answer: () => history.ok(operation, true) };
    }
    if (kind === 1) {
      const operation = history.invoke(client, { op: "put", key, value: to });
      return { takeEffect: () => store.set(key, to), answer: () => history.ok(operation, undefined) };
    }
    const operation = history.invoke(client, { op: "get", key });
    let found: Value = null;
    return { takeEffect: () => (found = store.get(key) ?? null), answer: () => history.ok(operation, found) };
  });
  return keyValueLoad(`store, ${clients} clients, ${keys} keys`, history.operations, null, "");
}

/** An operation that was invoked. It takes effect once, later, and is answered after that. */
interface Invoked {
  takeEffect(): void;
  answer(): void;
}

/** Steps clients at random: each invokes, takes effect and answers, until so many operations have ended. */
function drive(
  stream: Stream,
  clients: number,
  operations: number,
  invoke: (client: number) => Invoked,
): void {
  const open: (Invoked | undefined)[] = Array.from({ length: clients }, () => undefined);
  const isEffective: boolean[] = Array.from({ length: clients }, () => false);
  let invoked = 0;
  for (let ended = 0; ended < operations;) {
    const client = stream.below(clients);
    const operation = open[client];
    if (operation === undefined) {
      if (invoked === operations) continue;
      invoked++;
      open[client] = invoke(client);
      isEffective[client] = false;
    } else if (isEffective[client] === false) {
      operation.takeEffect();
      isEffective[client] = true;
    } else {
      operation.answer();
      open[client] = undefined;
      ended++;
    }
  }
}

function registerLoad(
  name: string,
  histories: readonly (readonly Operation<RegisterInput, ValueOutput>[])[],
  porcupine: string,
): CheckLoad {
  const model = registerModel();
  return loadOf(name, histories, (operations) => checkLinearizable(model, operations).verdict, porcupine);
}

function keyValueLoad(
  name: string,
  operations: readonly Operation<KeyValueInput, ValueOutput>[],
  absent: null | "",
  porcupine: string,
): CheckLoad {
  const model = keyValueModel(absent);
  return loadOf(name, [operations], (each) => checkLinearizable(model, each).verdict, porcupine);
}

function loadOf<T>(
  name: string,
  histories: readonly (readonly T[])[],
  verdictOf: (operations: readonly T[]) => string,
  porcupine: string,
): CheckLoad {
  let operations = 0;
  for (const history of histories) operations += history.length;
  const check = (): number => {
    let linearizable = 0;
    for (const history of histories) {
      const verdict = verdictOf(history);
      assert(verdict !== "undecided", "the checker decides what it is measured on");
      if (verdict === "linearizable") linearizable++;
    }
    return linearizable;
  };
  return { name, histories: histories.length, operations, check, porcupine };
}

function read(directory: string, suffix: string): { readonly name: string; readonly text: string }[] {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith(suffix));
    return names.sort().map((name) => ({ name, text: readFileSync(join(directory, name), "utf8") }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      "--histories",
      `${directory}/*${suffix}`,
      String(code),
      "name a directory that has them",
    );
  }
}
