/** Nodes and disks as text. */
import type { ByteRange, DiskInspection, FileInspection, SimDisk } from "#sim/disk/index.js";
import { clockTime, plural, thousands } from "#reports/format.js";
import type { Palette } from "#reports/palette.js";
import { printable } from "#reports/printable.js";
import type { NodeView } from "./node-view.js";
import { fieldLines, valueLines } from "./value-text.js";

/** One line: `n1#2  up     leader, term 3`. */
export function nodeLine(view: NodeView, palette: Palette): string {
  const name = view.incarnation === 0 ? printable(view.node) : `${printable(view.node)}#${view.incarnation}`;
  return `${palette.bold(name.padEnd(12))}  ${upText(view).padEnd(6)}  ${printable(view.status ?? "")}`.trimEnd();
}

function upText({ isUp, incarnation, pausedUntilUs }: NodeView): string {
  if (incarnation === 0) return "never up";
  if (!isUp) return "down";
  return pausedUntilUs === null ? "up" : `paused until ${clockTime(pausedUntilUs)}`;
}

/** The machine, the process, and what that says of itself. */
export function nodeLines(view: NodeView, palette: Palette): string[] {
  const { clock, isUp, version, calls, state } = view;
  const lines = [nodeLine(view, palette)];
  const offset =
    clock.skewUs === 0
      ? ""
      : `, ${thousands(Math.abs(clock.skewUs))} us ${clock.skewUs > 0 ? "ahead" : "behind"}`;
  const drift = clock.driftPpm === 0 ? "" : `, drifts by ${clock.driftPpm} ppm`;
  const wall = new Date(Math.floor(clock.wallUs / 1_000)).toISOString();
  lines.push(
    ...fieldLines("clock", `${clockTime(clock.monotonicUs)}, on the wall ${wall}${offset}${drift}`).map(
      indented,
    ),
  );
  if (!isUp) return lines;
  lines.push(
    ...fieldLines("process", `version ${version}, ${thousands(calls)} calls to its environment`).map(
      indented,
    ),
  );
  if (state === null) lines.push("  it says nothing of itself (yet): the scenario sets self.inspect");
  else lines.push(...valueLines(state).map(indented));
  return lines;
}

function indented(line: string): string {
  return `  ${line}`;
}

const RANGES_SHOWN = 8;
const BYTES_SHOWN = 24;
const NEAR_BYTES = 16;

/** What the process sees of the disk against what the platter holds. `path`: this file only. */
export function diskLines(name: string, disk: SimDisk, path: string | undefined, palette: Palette): string[] {
  const { directories, files, pendingOperations } = disk.inspect();
  const shown = path === undefined ? files : files.filter((file) => file.path === path);
  const lines = [
    `${palette.bold(`${printable(name)} disk`)}  ${plural(files.length, "file")}, ${directories.length === 1 ? "1 directory" : `${directories.length} directories`}, ` +
      `${plural(pendingOperations, "metadata operation")} not durable`,
  ];
  for (const file of shown) lines.push(...fileLines(disk, file).map(indented));
  return lines;
}

function fileLines(disk: SimDisk, file: FileInspection): string[] {
  const { path, sizeBytes, durableSizeBytes, dirtyPages, believedCleanPages, devicePages, differing } = file;
  const size = sizeBytes === durableSizeBytes ? "" : ` (durable: ${durableSizeBytes} B)`;
  const pages = [
    ["dirty", dirtyPages],
    ["believed clean, but not on the platter", believedCleanPages],
    ["in the device's cache", devicePages],
  ] as const;
  const states = pages
    .filter(([, list]) => list.length > 0)
    .map(([what, list]) => `${what}: ${list.join(" ")}`);
  const lines = [
    `${printable(path).padEnd(36)}  ${thousands(sizeBytes)} B${size}${states.length === 0 ? "" : `; pages ${states.join("; ")}`}`,
  ];
  const bytes = disk.bytesOf(path);
  const groups = grouped(differing);
  for (const { from, to, count } of groups.slice(0, RANGES_SHOWN)) {
    lines.push(`  ${plural(count, "byte")} of ${from}..${to - 1} differ`);
    if (bytes === undefined) continue;
    lines.push(
      `    cache    ${hex(bytes.cache, { from, to })}`,
      `    platter  ${hex(bytes.platter, { from, to })}`,
    );
  }
  if (groups.length > RANGES_SHOWN)
    lines.push(`  ... ${groups.length - RANGES_SHOWN} more ranges with differences`);
  return lines;
}

/** Ranges with little between them are read as one: a record of which some bytes happen to be the same. */
function grouped(ranges: readonly ByteRange[]): (ByteRange & { readonly count: number })[] {
  const groups: { from: number; to: number; count: number }[] = [];
  for (const { from, to } of ranges) {
    const last = groups.at(-1);
    if (last !== undefined && from - last.to < NEAR_BYTES) {
      last.to = to;
      last.count += to - from;
    } else groups.push({ from, to, count: to - from });
  }
  return groups;
}

function hex(bytes: Uint8Array, { from, to }: ByteRange): string {
  const shown = Math.min(to, from + BYTES_SHOWN);
  const digits: string[] = [];
  for (let i = from; i < shown; i++) digits.push((bytes[i] ?? 0).toString(16).padStart(2, "0"));
  return `${digits.join(" ")}${shown < to ? " ..." : ""}`;
}

/** A disk as plain data. */
export function diskData(name: string, disk: SimDisk): { readonly node: string } & DiskInspection {
  return { node: name, ...disk.inspect() };
}
