// A store that answers writes before its copies have them, and reads from a copy: a page must show why that is wrong.
import type { Env, MessageType } from "#engines/env/index.js";
import { Recorder, type RecorderOptions, type Recording } from "#reports/recording/index.js";
import { nodeHost } from "#runner/host.js";
import { History } from "#sim/check/index.js";
import {
  checkLinearizable,
  keyValueModel,
  type KeyValueInput,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";
import { runSeed } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { TrackPen, TrackWatch } from "#sim/tracks.js";

interface Payload {
  readonly kind: "put" | "get" | "copy" | "answer";
  readonly call: number;
  readonly key: string;
  readonly value: string | null;
}

const STORE: MessageType<Payload> = {
  id: 1,
  name: "store",
  encode: (payload) => new TextEncoder().encode(JSON.stringify(payload)),
  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Payload,
};

const SERVERS = ["n1", "n2", "n3"];
const ROUNDS = 12;
/** Values are as long as a page must never be wide. */
const PADDING = "_".repeat(4_000);
export const NOTE = "the clients begin";
/** What a scenario says may hold anything. */
export const HOSTILE = `</script><script>document.title="owned"</script><img src=x onerror=alert(1)>`;

const MESSAGE = `an answer that nothing explains\n${HOSTILE}\n${PADDING}\nthe fourth line`;

const staleReads: Scenario = {
  name: "stale-reads",
  summary: "reads from copies",
  parameters: {},
  faults: {
    crash: { minPpm: 900_000, maxPpm: 1_000_000, always: true },
    "message-loss": { minPpm: 100_000, maxPpm: 200_000, always: true },
    "partition-isolate": { minPpm: 900_000, maxPpm: 1_000_000, always: true },
  },
  mustReach: [],
  coverageSeeds: 1,
  strikeEveryCalls: 60,
  narration: {
    status: (event) =>
      event.kind === "store/role" ? (event as unknown as { role: string }).role : undefined,
    tell: (event) => (event.kind === "store/held" ? `holds ${HOSTILE}` : undefined),
    decode: (value) => {
      const { kind, key } = value as Partial<Payload>;
      if (kind === "copy") throw new Error("copies can't be read");
      return kind === "put" || kind === "get" ? { kind, about: key } : undefined;
    },
    tracks: copiesOf,
  },
  drive,
};

async function drive(run: Run): Promise<void> {
  const { world } = run;
  const history = new History<KeyValueInput, ValueOutput>();
  run.tellClients({
    history,
    name: (client) => `c${client + 1}`,
    describe: ({ input, outcome, output, reason }) => ({
      asked: input.op === "put" ? `put ${input.key} = ${input.value}` : `get ${input.key}`,
      answered: outcome === "ok" ? (input.op === "put" ? "ok" : String(output ?? "absent")) : (reason ?? ""),
      key: input.key,
    }),
  });
  const nodes = SERVERS.map((name) => world.addNode(name));
  const clients = ["c1", "c2"].map((name) => world.addNode(name));
  // One that is started and does nothing.
  world.boot(world.addNode("c3"), (env) => env.clock.sleep(1_000));
  run.note(NOTE);
  world.network.partitions.keepForming(SERVERS, [], { meanHealthyUs: 30_000, meanCutUs: 30_000 });
  for (const node of nodes) {
    void (async () => {
      for (;;) {
        await world.boot(node, (env, self) => serve(env, node.name, (state) => (self.inspect = state)))
          .exited;
        await world.sleep(20_000);
      }
    })();
  }
  await Promise.all(
    clients.map((node, client) => world.boot(node, (env) => ask(env, client, history)).exited),
  );
  history.loseOpen("GAVE_UP");
  const model = keyValueModel();
  const verdict = checkLinearizable(model, history.operations, { stepBudget: 100_000 });
  if (verdict.verdict !== "violation") return;
  const { prefix, operation, state, key } = verdict.explanation;
  run.tellViolation({
    operations: [operation.id],
    linearized: prefix.map(({ id }) => id),
    state: `${String(key)}: ${model.describeState(state)}`,
  });
  world.fail("stale-reads/linearizability", MESSAGE);
}

interface Held {
  readonly key: string;
  /** Number of the write. */
  readonly call: number;
}

function heldOf({ key, call }: Payload): Held {
  return { key, call };
}

/** Of each key: who holds which write. */
function copiesOf(pen: TrackPen): TrackWatch {
  return (event, node) => {
    if (event.kind !== "store/held" && event.kind !== "store/copied") return;
    const { key, call } = event as unknown as Held;
    const isPrimary = event.kind === "store/held";
    if (isPrimary) pen.span({ group: key, name: "latest" }, { text: `write ${call}`, colour: `w${call}` });
    const track = { group: key, name: node, node };
    pen.span(track, { text: `write ${call}`, colour: `w${call}`, isFaint: !isPrimary });
    pen.level(track, { name: "writes", isFilled: true }, call);
    if (call === 0 && isPrimary) pen.mark(track, HOSTILE, true);
  };
}

async function serve(env: Env, name: string, inspect: (state: () => unknown) => void): Promise<void> {
  const values = new Map<string, string | null>();
  inspect(() => ({ role: name === "n1" ? "primary" : "replica", values }));
  const role = { kind: "store/role", role: name === "n1" ? "primary" : "replica" };
  env.observe(role);
  env.network.receive(STORE, (from, payload) => {
    if (payload.kind === "put" || payload.kind === "copy") values.set(payload.key, payload.value);
    if (payload.kind === "copy") return env.observe({ kind: "store/copied", ...heldOf(payload) });
    if (payload.kind === "put") {
      env.observe({ kind: "store/held", ...heldOf(payload) });
      for (const other of SERVERS) {
        if (other !== name) env.network.send(other, STORE, { ...payload, kind: "copy" });
      }
    }
    env.network.send(from, STORE, { ...payload, kind: "answer", value: values.get(payload.key) ?? null });
  });
  await new Promise(() => {});
}

async function ask(env: Env, client: number, history: History<KeyValueInput, ValueOutput>): Promise<void> {
  const answers = new Map<number, (value: string | null) => void>();
  env.network.receive(STORE, (_, { call, value }) => answers.get(call)?.(value));
  for (let call = 0; call < ROUNDS; call++) {
    const key = `k${call % 2}`;
    const value = `v${call}${PADDING}`;
    const input: KeyValueInput = client === 0 ? { op: "put", key, value } : { op: "get", key };
    const operation = history.invoke(client, input);
    const payload: Payload = {
      kind: client === 0 ? "put" : "get",
      call,
      key,
      value: client === 0 ? value : null,
    };
    env.network.send(client === 0 ? "n1" : "n2", STORE, payload);
    const answered = new Promise<string | null>((resolve) => answers.set(call, resolve));
    const got = await Promise.race([answered, env.clock.sleep(25_000).then(() => undefined)]);
    if (got === undefined) history.unknown(operation, "TIMEOUT");
    else history.ok(operation, client === 0 ? null : got);
    await env.clock.sleep(4_000);
  }
}

/** The first seed of a run in which all that a page shows happens: a crash, a partition, losses, a wrong answer. */
export async function recordFailure(options: RecorderOptions = {}): Promise<Recording> {
  for (let seed = 0; seed < 100; seed++) {
    const recording = await recordStaleReads(seed, options);
    const kinds = new Set(
      recording.faults.filter(({ state }) => state !== "refused").map(({ kind }) => kind),
    );
    const hasAll = kinds.has("crash") && kinds.has("partition-isolate") && kinds.has("message-loss");
    const isIdleSpared = !recording.faults.some(({ node }) => node === "c3");
    const hasSecondLife = recording.states.some(({ incarnation }) => incarnation === 2);
    if (hasAll && isIdleSpared && hasSecondLife && (recording.violation?.linearized.length ?? 0) > 3)
      return recording;
  }
  throw new Error("no seed of stale-reads fails as it should");
}

async function recordStaleReads(seed: number, options: RecorderOptions): Promise<Recording> {
  const recorder = new Recorder(staleReads, { states: true, tracks: true, ...options });
  const result = await runSeed(staleReads, {
    seed,
    host: nodeHost(),
    onRun: recorder.onRun,
    traceSink: recorder.sink,
  });
  return recorder.finish(result);
}
