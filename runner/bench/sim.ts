/** `seedstorm bench sim`: the world, next to a bare loop that does the same; and Raft in it. */
import type { MessageType } from "#engines/env/index.js";
import { thousands, threeDigits } from "#reports/format.js";
import { table } from "#reports/table.js";
import { EXIT } from "../exit-codes.js";
import type { Output } from "../output.js";
import { BareLoop } from "./bare-loop.js";
import { inWorld } from "./in-world.js";
import { sideBySide, type Work } from "./measure.js";
import { raftCommits, raftLongStorms, raftSeeds } from "./sim-raft.js";
import type { BenchOptions } from "./index.js";

const TIMERS = 1_000;
const FIRINGS = 500_000;
const MESSAGES = 300_000;
const NODES = 5;
const HEARTBEAT_US = 50_000;
const HEARTBEATS_S = 600;
const LATENCY_US = 250;
const US_PER_S = 1_000_000;

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly world: Work;
  /** None where a bare loop that did the same would be as much code again. */
  readonly bare?: Work;
}

const ROWS: readonly Row[] = [
  { name: "1,000 timers", unit: "firings/s", world: timersInWorld, bare: timersBare },
  { name: "ping-pong, 1 in flight", unit: "messages/s", world: pingPongInWorld, bare: pingPongBare },
  {
    name: "5 nodes, heartbeat each 50 ms",
    unit: "simulated s/s",
    world: heartbeatsInWorld,
    bare: heartbeatsBare,
  },
  { name: "3-node Raft, no disk, 1 in flight", unit: "commits/s", world: () => raftCommits(1) },
  { name: "3-node Raft, no disk, 64 in flight", unit: "commits/s", world: () => raftCommits(64) },
  { name: "raft, a minute of storm", unit: "simulated s/s", world: raftLongStorms },
  { name: "raft, as it is, one worker", unit: "seeds/s", world: raftSeeds },
];

/** Prints the table. Always gives 0: a benchmark has no verdict. */
export async function benchSim(options: BenchOptions, output: Output): Promise<number> {
  const rows: string[][] = [];
  for (const { name, unit, world, bare } of ROWS) {
    const works = bare === undefined ? [world] : [world, bare];
    const [ours, baseline] = await sideBySide(works, options.runs);
    const spread = `${figure(ours!.min)}..${figure(ours!.max)}`;
    const compared =
      baseline === undefined
        ? ["-", "-"]
        : [figure(baseline.median), (ours!.median / baseline.median).toFixed(2)];
    rows.push([name, unit, figure(ours!.median), spread, ...compared]);
  }
  const header = ["sim", "unit", "world", "min..max", "bare loop", "ratio"];
  output.out(`${table(header, rows).join("\n")}\n`);
  output.out(`  median of ${options.runs} runs, in turn, Node ${process.version}\n`);
  return EXIT.held;
}

/** Small rates need more than whole numbers. */
function figure(rate: number): string {
  return rate < 100 ? threeDigits(rate) : thousands(rate);
}

const TEXT: MessageType<string> = {
  id: 1,
  name: "bench/text",
  encode: (value) => Uint8Array.from(value, (char) => char.charCodeAt(0)),
  decode: (bytes) => String.fromCharCode(...bytes),
};

/** Delays of 1 to 1,000 us, the same in both. */
function delays(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return 1 + ((state >>> 8) % 1_000);
  };
}

async function timersInWorld(): Promise<number> {
  await inWorld(1, (env, _, finish) => {
    const delay = delays();
    let fired = 0;
    const fire = (): void => {
      if (++fired === FIRINGS) finish();
      env.clock.setTimer(delay(), fire);
    };
    for (let i = 0; i < TIMERS; i++) env.clock.setTimer(delay(), fire);
  });
  return FIRINGS;
}

function timersBare(): number {
  const loop = new BareLoop();
  const delay = delays();
  let fired = 0;
  const fire = (): void => {
    fired++;
    loop.after(delay(), fire);
  };
  for (let i = 0; i < TIMERS; i++) loop.after(delay(), fire);
  loop.run(() => fired >= FIRINGS);
  return FIRINGS;
}

async function pingPongInWorld(): Promise<number> {
  await inWorld(2, (env, index, finish) => {
    let received = 0;
    env.network.receive(TEXT, (from, text) => {
      if (++received === MESSAGES / 2) finish();
      env.network.send(from, TEXT, text);
    });
    // The other node boots in the same microsecond; a message takes longer than that.
    if (index === 0) env.network.send("n1", TEXT, "ping");
  });
  return MESSAGES;
}

function pingPongBare(): number {
  const loop = new BareLoop();
  let received = 0;
  const receive = (text: string): void => {
    received++;
    loop.after(LATENCY_US, () => receive(text));
  };
  receive("ping");
  loop.run(() => received >= MESSAGES);
  return MESSAGES;
}

async function heartbeatsInWorld(): Promise<number> {
  await inWorld(NODES, (env, index, finish) => {
    const peers = Array.from({ length: NODES }, (_, i) => `n${i}`).filter((peer) => peer !== env.node);
    let heard = 0;
    let beats = 0;
    env.network.receive(TEXT, () => void heard++);
    const beat = (): void => {
      if (index === 0 && ++beats * HEARTBEAT_US >= HEARTBEATS_S * US_PER_S) finish();
      for (const peer of peers) env.network.send(peer, TEXT, "heartbeat");
      env.clock.setTimer(HEARTBEAT_US, beat);
    };
    beat();
  });
  return HEARTBEATS_S;
}

function heartbeatsBare(): number {
  const loop = new BareLoop();
  const heard = Array.from({ length: NODES }, () => 0);
  const receive = (to: number, text: string): void => {
    heard[to]! += text.length;
  };
  const beat = (from: number): void => {
    for (let to = 0; to < NODES; to++) {
      if (to !== from) loop.after(LATENCY_US, () => receive(to, "heartbeat"));
    }
    loop.after(HEARTBEAT_US, () => beat(from));
  };
  for (let node = 0; node < NODES; node++) beat(node);
  loop.run(() => loop.nowUs >= HEARTBEATS_S * US_PER_S);
  return HEARTBEATS_S;
}
