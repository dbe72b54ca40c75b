/**
 * A strict reader of the Trace Event Format, for what our writer uses of it. Perfetto is forgiving and draws what
 * it can; here everything that it would drop or bend is an error.
 */
export interface Slice {
  readonly name: string;
  readonly cat: string;
  readonly process: string;
  readonly thread: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Arrow {
  readonly name: string;
  readonly cat: string;
  readonly from: Slice;
  readonly to: Slice;
}

export interface Instant {
  readonly name: string;
  readonly cat: string;
  readonly process: string;
  readonly timeNs: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface TraceEvents {
  readonly slices: readonly Slice[];
  readonly arrows: readonly Arrow[];
  readonly instants: readonly Instant[];
  /** In the order in which they are sorted. */
  readonly processes: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

const NS_PER_US = 1_000;

export function readTraceEvents(text: string): TraceEvents {
  const file = JSON.parse(text) as Raw;
  must(Object.keys(file).join() === "displayTimeUnit,traceEvents", "the file has these two fields");
  const raws = file["traceEvents"] as Raw[];
  const names = new Map<string, string>();
  const sortIndexes = new Map<number, number>();
  for (const raw of raws) readCommon(raw, names, sortIndexes);
  const process = (pid: unknown): string => found(names.get(String(pid)), "every process has a name");
  const thread = ({ pid, tid }: Raw): string =>
    found(names.get(`${String(pid)}/${String(tid)}`), "every thread has a name");
  const slices = raws
    .filter(({ ph }) => ph === "X")
    .map((raw): Slice => {
      const startNs = toNs(raw["ts"]);
      const durNs = toNs(raw["dur"]);
      must(durNs > 0, "a slice that can be seen has a width");
      return {
        ...namesOf(raw),
        process: process(raw["pid"]),
        thread: thread(raw),
        startNs,
        endNs: startNs + durNs,
        args: raw["args"] as Raw,
      };
    });
  const byThread = new Map<string, Slice[]>();
  for (const slice of slices.toSorted((a, b) => a.startNs - b.startNs || b.endNs - a.endNs)) {
    const key = `${slice.process}/${slice.thread}`;
    byThread.set(key, byThread.get(key) ?? []);
    byThread.get(key)!.push(slice);
  }
  for (const one of byThread.values()) checkNesting(one);
  const at = (raw: Raw): Slice => {
    const timeNs = toNs(raw["ts"]);
    const one = byThread.get(`${process(raw["pid"])}/${thread(raw)}`) ?? [];
    return found(sliceAround(one, timeNs), "an arrow begins and ends in slices");
  };
  return {
    slices,
    arrows: arrowsOf(raws, at),
    instants: raws
      .filter(({ ph }) => ph === "i")
      .map((raw) => {
        thread(raw);
        must(raw["s"] === "t" || raw["s"] === "p", "an instant is a thread's or a process's");
        const timeNs = toNs(raw["ts"]);
        return { ...namesOf(raw), process: process(raw["pid"]), timeNs, args: raw["args"] as Raw };
      }),
    processes: [...sortIndexes].toSorted((a, b) => a[1] - b[1]).map(([pid]) => process(pid)),
  };
}

/** What every event has to have, and the names that metadata gives. */
function readCommon(raw: Raw, names: Map<string, string>, sortIndexes: Map<number, number>): void {
  for (const field of ["ts", "pid", "tid"]) {
    must(typeof raw[field] === "number" && raw[field] >= 0, `${field} is a number from 0`);
  }
  must(["X", "i", "s", "f", "M"].includes(raw["ph"] as string), "the phase is one of those that are used");
  if (raw["ph"] !== "M") return;
  const { pid, tid, args } = raw as { pid: number; tid: number; args: Raw };
  if (raw["name"] === "process_sort_index") {
    sortIndexes.set(pid, args["sort_index"] as number);
    return;
  }
  const key = raw["name"] === "process_name" ? `${pid}` : `${pid}/${tid}`;
  must(raw["name"] === "process_name" || raw["name"] === "thread_name", "metadata names something");
  must(!names.has(key), "nothing is named twice");
  names.set(key, args["name"] as string);
}

function arrowsOf(raws: readonly Raw[], at: (raw: Raw) => Slice): Arrow[] {
  const open = new Map<string, Raw>();
  const arrows: Arrow[] = [];
  for (const raw of raws) {
    const key = JSON.stringify([raw["cat"], raw["name"], raw["id"]]);
    if (raw["ph"] === "s") {
      must(!open.has(key), "the id of an arrow is its own");
      open.set(key, raw);
    } else if (raw["ph"] === "f") {
      must(raw["bp"] === "e", "an arrow ends in the slice around it");
      const start = found(open.get(key), "an arrow that ends has begun");
      must(toNs(start["ts"]) <= toNs(raw["ts"]), "an arrow goes forward in time");
      arrows.push({ ...namesOf(raw), from: at(start), to: at(raw) });
      open.delete(key);
    }
  }
  must(open.size === 0, "an arrow that begins has an end");
  return arrows;
}

/** Of slices in their order. */
function sliceAround(slices: readonly Slice[], timeNs: number): Slice | undefined {
  let [low, high] = [0, slices.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (slices[middle]!.startNs <= timeNs) low = middle + 1;
    else high = middle;
  }
  const last = slices[low - 1];
  return last !== undefined && timeNs < last.endNs ? last : undefined;
}

/** Two slices of a thread are apart, or one is inside the other. */
function checkNesting(slices: readonly Slice[]): void {
  const stack: Slice[] = [];
  for (const slice of slices) {
    while (stack.length > 0 && stack.at(-1)!.endNs <= slice.startNs) stack.pop();
    const around = stack.at(-1);
    must(around === undefined || slice.endNs <= around.endNs, "slices nest");
    stack.push(slice);
  }
}

function namesOf(raw: Raw): { name: string; cat: string } {
  must(typeof raw["name"] === "string" && raw["name"] !== "", "an event has a name");
  must(typeof raw["cat"] === "string", "an event has a category");
  return { name: raw["name"] as string, cat: raw["cat"] as string };
}

/** Times have three digits at most behind the microsecond. */
function toNs(us: unknown): number {
  must(typeof us === "number", "a time is a number");
  const ns = Math.round((us as number) * NS_PER_US);
  must(Math.abs(ns / NS_PER_US - (us as number)) < 1e-6, "a time is a whole number of nanoseconds");
  return ns;
}

function found<T>(value: T | undefined, rule: string): T {
  must(value !== undefined, rule);
  return value as T;
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`not in the Trace Event Format: ${rule}`);
}
