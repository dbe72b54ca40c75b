/** Where in the code a finding was raised: the same text on every machine, and from sources as from a build. */

/** The folder that `sim/` is in: the root of the sources, or of what is built of them. */
const ROOT = new URL("../", import.meta.url).href;
/** Frames that only pass on what others did. */
const PASSES_ON = /^(sim|runner|reports|cli|test|engines\/(env|bytes))\//;
/** The longest way from the code of an engine through a check to a finding. */
const DEPTH = 60;

/** The stack of the caller, deeper than V8 keeps it by itself. Empty where the engine has no such thing. */
export function deepStack(): string {
  const holder = Error as { stackTraceLimit?: number };
  const before = holder.stackTraceLimit;
  holder.stackTraceLimit = DEPTH;
  const stack = new Error().stack ?? "";
  if (before !== undefined) holder.stackTraceLimit = before;
  return stack;
}

/**
 * The file and function of the innermost frame in an engine or, where none is on the stack, in any other code
 * that is checked; without line numbers, which every edit shifts. A module from elsewhere goes by its file's name.
 * Empty where the stack shows none.
 */
export function placeOf(stack: string): string {
  const frames = stack.split("\n").flatMap((line) => frameOf(line) ?? []);
  const isOwn = frames.filter(({ file }) => !PASSES_ON.test(file));
  const frame = isOwn.find(({ file }) => file.startsWith("engines/")) ?? isOwn[0];
  return frame === undefined ? "" : `${frame.file} ${frame.name}`.trim();
}

interface Frame {
  /** Below the root and without its ending, or the name alone of a file from elsewhere. */
  readonly file: string;
  readonly name: string;
}

function frameOf(line: string): Frame | undefined {
  const match = /^\s+at (?:(?:async )?(?:new )?(.+?) \()?(.+?):\d+:\d+\)?$/.exec(line);
  if (match === null) return undefined;
  const [, name = "", location = ""] = match;
  const url = location.includes("://") ? location : `file://${location}`;
  const inside = url.startsWith(ROOT);
  if (!inside && (location.startsWith("node:") || location.includes("/node_modules/"))) return undefined;
  const path = inside ? url.slice(ROOT.length) : url.slice(url.lastIndexOf("/") + 1);
  // A test's sources reach modules with a query behind their names.
  return { file: decoded(path).replace(/\.[cm]?[jt]sx?(\?.*)?$/, ""), name: name.replace(/^Object\./, "") };
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    // A percent sign in the name itself.
    return path;
  }
}
