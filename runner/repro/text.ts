/** A repro as the text of a file, and back. */
import { readFileSync, statSync } from "node:fs";
import { SeedstormError } from "#engines/env/index.js";
import { jsonDepth, MAX_JSON_DEPTH } from "#reports/json-depth.js";
import { MAX_SEED } from "../input/range.js";
import { REPRO_FORMAT, type Repro } from "./format.js";

/** A file that is no repro, or whose content can't be understood. */
export class ReproFormatError extends SeedstormError {
  constructor(where: string, expected: string, found: string) {
    super("REPRO_FORMAT", { expected, found, where, todo: "see docs/repro-format.md" });
  }
}

/** In the order of the fields of `Repro`; each element of a list on a line of its own. */
export function reproText(repro: Repro): string {
  const fields = Object.entries(inOrder(repro)).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${valueText(name, value)}`,
  );
  return `{\n${fields.join(",\n")}\n}\n`;
}

function inOrder(repro: Repro): Repro {
  const { format, seedstorm, scenario, seed, parameters, swarm, planVersion, plan, overrides } = repro;
  const { faults, failure, traceHash, events, shrunkFrom } = repro;
  const first = { format, seedstorm, scenario, seed, failure, traceHash, events };
  const rest = { parameters, swarm, faults, overrides, planVersion, plan };
  return { ...first, ...(shrunkFrom === undefined ? {} : { shrunkFrom }), ...rest };
}

function valueText(name: string, value: unknown): string {
  if (Array.isArray(value)) return listText(value, "  ");
  if (name === "failure") return JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");
  if (name !== "plan") return JSON.stringify(value);
  const parts = Object.entries(value as object).map(
    ([part, list]) =>
      `    ${JSON.stringify(part)}: ${Array.isArray(list) ? listText(list, "    ") : JSON.stringify(list)}`,
  );
  return parts.length === 0 ? "{}" : `{\n${parts.join(",\n")}\n  }`;
}

function listText(list: readonly unknown[], indent: string): string {
  if (list.every((element) => typeof element !== "object")) return JSON.stringify(list);
  const lines = list.map((element) => `${indent}  ${JSON.stringify(element)}`);
  return `[\n${lines.join(",\n")}\n${indent}]`;
}

/** Reads a file. Throws `ReproFormatError`. */
export function readRepro(path: string): Repro {
  let text: string;
  try {
    if (!statSync(path).isFile()) throw Object.assign(new Error(), { code: "not a plain file" });
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ReproFormatError(
      path,
      "a file that can be read",
      (error as NodeJS.ErrnoException).code ?? "an error",
    );
  }
  return parseRepro(text, path);
}

/** `where` names the file in errors. Throws `ReproFormatError`. */
export function parseRepro(text: string, where: string): Repro {
  if (jsonDepth(text) > MAX_JSON_DEPTH) {
    throw new ReproFormatError(where, `at most ${MAX_JSON_DEPTH} levels`, "more");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReproFormatError(where, "JSON", (error as Error).message);
  }
  if (!isObject(value)) throw new ReproFormatError(where, "an object", shown(value));
  for (const [field, expected, isRight] of FIELDS) {
    const found = value[field];
    if (!isRight(found)) throw new ReproFormatError(`${where}: ${field}`, expected, shown(found));
  }
  return value as unknown as Repro;
}

type Fields = Readonly<Record<string, unknown>>;

const FIELDS: readonly (readonly [field: string, expected: string, isRight: (value: unknown) => boolean])[] =
  [
    ["format", `"${REPRO_FORMAT}"`, (value) => value === REPRO_FORMAT],
    ["seedstorm", "a version", isText],
    ["scenario", "the name or the path of a scenario", (value) => isText(value) && value !== ""],
    ["seed", `an integer from 0 to ${MAX_SEED}`, (value) => isCount(value) && value <= MAX_SEED],
    ["failure", "an object of invariant, place, message, node, timeUs and eventId", isFailure],
    ["traceHash", "16 hexadecimal digits", (value) => isText(value) && /^[0-9a-f]{16}$/.test(value)],
    ["events", "an integer from 0", isCount],
    ["shrunkFrom", "an object of seed, faults, plan, events and timeUs, or nothing", isSizeOrNothing],
    [
      "parameters",
      "numbers and texts by name",
      (value) => isMap(value, (each) => isInteger(each) || isText(each)),
    ],
    ["swarm", "intensities in ppm by kind of fault", (value) => isMap(value, isCount)],
    ["faults", "a list of objects of id, kind, node, timeUs and target, each id once", isFaultList],
    [
      "overrides",
      "integers by the key of a decision",
      (value) => isMap(value, isCount) && keysAreDecisions(value),
    ],
    ["planVersion", "an integer from 0", isCount],
    ["plan", "an object", isObject],
  ];

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isCount(value: unknown): value is number {
  return isInteger(value) && value >= 0;
}

function isMap(value: unknown, isRight: (each: unknown) => boolean): value is Fields {
  return isObject(value) && Object.values(value).every(isRight);
}

function keysAreDecisions(value: object): boolean {
  return Object.keys(value).every((key) => key.lastIndexOf(":") > 0);
}

function isFailure(value: unknown): boolean {
  return (
    isObject(value) &&
    (["invariant", "place", "message", "node"] as const).every((name) => isText(value[name])) &&
    isCount(value["timeUs"]) &&
    isCount(value["eventId"])
  );
}

function isSizeOrNothing(value: unknown): boolean {
  return (
    value === undefined ||
    (isObject(value) &&
      (["seed", "faults", "events", "timeUs"] as const).every((name) => isCount(value[name])) &&
      isMap(value["plan"], isCount))
  );
}

function isFaultList(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const ids = value.map((fault: unknown) => (isObject(fault) ? fault["id"] : undefined));
  return new Set(ids).size === ids.length && value.every(isFault);
}

/** What it says beside its id has to agree with it. */
function isFault(fault: unknown): boolean {
  return (
    isObject(fault) &&
    (["id", "kind", "node", "target"] as const).every((name) => isText(fault[name])) &&
    (fault["id"] as string).startsWith(`${fault["kind"] as string}@${fault["node"] as string}:`) &&
    isCount(fault["timeUs"])
  );
}

const SHOWN_CHARS = 80;

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text;
}
