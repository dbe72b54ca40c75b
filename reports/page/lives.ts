/** The lives of a node's processes, as far as the trace shows when they began and ended. */
import type { TraceRecord } from "#sim/trace.js";
import type { View } from "./view.js";

export interface Life {
  readonly node: string;
  readonly incarnation: number;
  readonly fromUs: number;
  /** Undefined while it goes on. */
  readonly ended: { readonly timeUs: number; readonly why: string; readonly fault: number } | undefined;
}

interface Traced {
  readonly node: string;
  readonly incarnation: number;
  readonly fromUs: number;
  lastUs: number;
  ended: Life["ended"];
}

/** In the order in which they began. */
export function livesOf(view: View): Life[] {
  const lives = new Map<string, Traced>();
  /** World events in which processes ended that nothing more is known of, by time. */
  const endings: number[] = [];
  const owners = new Map<number, TraceRecord>();
  for (const record of view.recording.records) {
    const { type, id, timeUs, node, incarnation, kind } = record;
    if (type === "event") owners.set(id, record);
    if (kind === "process/exit") endOf(record, owners.get(record.cause), lives, endings);
    if (node === "") continue;
    const key = `${node}#${incarnation}`;
    let life = lives.get(key);
    if (life === undefined)
      lives.set(key, (life = { node, incarnation, fromUs: timeUs, lastUs: 0, ended: undefined }));
    life.lastUs = timeUs;
    if (kind === "process/struck") {
      const fault = view.fault(record.detail);
      life.ended = { timeUs, why: view.faultKind(record.detail) ?? "crash", fault };
    }
  }
  const known = [...lives.values()];
  for (const life of known) life.ended ??= guessedEnd(life, known, endings);
  return known;
}

/** An exit says only in which event the process ended: in one of its own, or in one of the world. */
function endOf(
  exit: TraceRecord,
  during: TraceRecord | undefined,
  lives: ReadonlyMap<string, Traced>,
  endings: number[],
): void {
  const life = during === undefined ? undefined : lives.get(`${during.node}#${during.incarnation}`);
  if (life === undefined) endings.push(exit.timeUs);
  else life.ended ??= { timeUs: exit.timeUs, why: "ended", fault: -1 };
}

/** Of a process that the scenario ended: the first ending that it fits to. Each is taken once. */
function guessedEnd(life: Traced, all: readonly Traced[], endings: number[]): Life["ended"] {
  const next = all.find((other) => other.node === life.node && other.incarnation === life.incarnation + 1);
  const latestUs = next?.fromUs ?? Number.MAX_SAFE_INTEGER;
  const taken = endings.findIndex((timeUs) => timeUs >= life.lastUs && timeUs <= latestUs);
  if (taken !== -1 && (next !== undefined || endings.length === 1)) {
    return { timeUs: endings.splice(taken, 1)[0]!, why: "stopped by the scenario", fault: -1 };
  }
  return next === undefined ? undefined : { timeUs: life.lastUs, why: "ended", fault: -1 };
}
