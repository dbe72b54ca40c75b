/** Plain data as lines for people: names in a column, lists of records as tables. */
import { printable } from "#reports/printable.js";

type Fields = Readonly<Record<string, unknown>>;

/** Longer lists show their last rows: what is new stands at the end. */
const ROWS_SHOWN = 12;

export interface ValueOptions {
  /** Rows of each list. */
  readonly rows?: number;
}

/** The value under its name. */
export function fieldLines(name: string, value: unknown, options: ValueOptions = {}): string[] {
  const label = printable(name).padEnd(14);
  if (!isNested(value)) return [`${label}  ${scalarText(value)}`];
  if (Array.isArray(value) && !value.some(isNested)) return [`${label}  ${value.map(scalarText).join(" ")}`];
  const flat = flatText(value);
  if (flat !== undefined) return [`${label}  ${flat}`];
  const lines = valueLines(value, options);
  return [label.trimEnd(), ...lines.map((line) => `  ${line}`)];
}

/** A value on lines of its own. */
export function valueLines(value: unknown, options: ValueOptions = {}): string[] {
  if (!isNested(value)) return [scalarText(value)];
  if (Array.isArray(value)) return listLines(value, options);
  if (isRaft(value)) return raftLines(value, options);
  return Object.entries(value).flatMap(([name, field]) => fieldLines(name, field, options));
}

function isNested(value: unknown): value is Fields | unknown[] {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" && value !== null;
}

function scalarText(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

const FLAT_CHARS = 90;

/** `index 3, term 1`, where it is short enough. */
function flatText(value: Fields | unknown[]): string | undefined {
  if (Array.isArray(value)) return undefined;
  const parts: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (Array.isArray(field) && !field.some(isNested)) {
      parts.push(`${printable(name)} ${field.map(scalarText).join(" ") || "none"}`);
    } else if (isNested(field)) return undefined;
    else parts.push(`${printable(name)} ${scalarText(field)}`);
  }
  const text = parts.length === 0 ? "none" : parts.join(", ");
  return text.length <= FLAT_CHARS ? text : undefined;
}

function listLines(list: readonly unknown[], { rows = ROWS_SHOWN }: ValueOptions): string[] {
  const shown = list.slice(-rows);
  const before = list.length - shown.length;
  const lines = before === 0 ? [] : [`... ${before} before these`];
  const isTable = shown.every(
    (row) => isNested(row) && !Array.isArray(row) && !Object.values(row).some(isNested),
  );
  if (isTable) return [...lines, ...tableLines(shown as Fields[])];
  return [...lines, ...shown.flatMap((row, i) => fieldLines(String(before + i), row))];
}

function tableLines(rows: readonly Fields[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [names.map(printable), ...rows.map((row) => names.map((name) => scalarText(row[name])))];
  const widths = names.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const isNumber = names.map((name) => rows.every((row) => typeof row[name] === "number"));
  return cells.map((line) =>
    line
      .map((cell, i) => (isNumber[i] === true ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** What `RaftNode.inspect` gives. */
function isRaft(value: Fields): boolean {
  return ["role", "term", "commit", "applied", "base", "log"].every((name) => Object.hasOwn(value, name));
}

/** As one reads a server: who it is, how far it is, its log in runs of one term, its last entries. */
function raftLines(raft: Fields, options: ValueOptions): string[] {
  const { node: _node, role, term, vote, leader, commit, applied, stable, base, log, last, ...rest } = raft;
  const entries = Array.isArray(log) ? (log as Fields[]) : [];
  return [
    ...fieldLines(
      "role",
      `${scalarText(role)} of term ${scalarText(term)}, vote ${scalarText(vote)}, leader ${scalarText(leader)}`,
    ),
    ...fieldLines(
      "progress",
      `commit ${scalarText(commit)}, applied ${scalarText(applied)}, durable ${scalarText(stable)}`,
    ),
    ...fieldLines("base", base),
    ...fieldLines("last", last),
    ...fieldLines("terms", termRuns(entries)),
    ...fieldLines("log", entries, options),
    ...Object.entries(rest).flatMap(([name, field]) => fieldLines(name, field, options)),
  ];
}

/** `1..4: term 1, 5..9: term 3` */
function termRuns(entries: readonly Fields[]): string {
  const runs: { from: unknown; to: unknown; term: unknown }[] = [];
  for (const { index, term } of entries as readonly { readonly index?: unknown; readonly term?: unknown }[]) {
    const run = runs.at(-1);
    if (run !== undefined && run.term === term) run.to = index;
    else runs.push({ from: index, to: index, term });
  }
  if (runs.length === 0) return "an empty log";
  return runs
    .map(({ from, to, term }) => `${scalarText(from)}..${scalarText(to)}: term ${scalarText(term)}`)
    .join(", ");
}
