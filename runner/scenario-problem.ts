/** Whether a value from outside is a scenario. */
import { FAULT_KINDS } from "#sim/faults/index.js";

/** Why a value is not a scenario. */
export interface Problem {
  readonly expected: string;
  readonly found: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The first reason why `value` is no `Scenario`, or undefined where it is one. */
export function scenarioProblem(value: unknown): Problem | undefined {
  if (!isObject(value)) return { expected: "a default export that is a scenario", found: show(value) };
  const checks: readonly (readonly [ok: boolean, expected: string, found: unknown])[] = [
    [
      typeof value["name"] === "string" && /^[a-z][a-z0-9-]*$/.test(value["name"]),
      "a name of lower-case letters, digits and dashes",
      value["name"],
    ],
    [typeof value["summary"] === "string", "a summary that is a text", value["summary"]],
    [isObject(value["parameters"]), "parameters that are an object", value["parameters"]],
    [isObject(value["faults"]), "faults that are an object", value["faults"]],
    [isTexts(value["mustReach"]), "mustReach to be a list of marks", value["mustReach"]],
    [isInteger(value["coverageSeeds"], 1), "coverageSeeds of 1 or more", value["coverageSeeds"]],
    [typeof value["drive"] === "function", "a function drive", value["drive"]],
    ...(["admit", "explore"] as const).map(
      (name) =>
        [
          value[name] === undefined || typeof value[name] === "function",
          `${name} to be a function`,
          value[name],
        ] as const,
    ),
    [
      value["strikeEveryCalls"] === undefined || isInteger(value["strikeEveryCalls"], 1),
      "strikeEveryCalls of 1 or more",
      value["strikeEveryCalls"],
    ],
    [
      areIntegers(value["limits"], ["events", "simTimeUs", "callsPerEvent"], 1, false),
      "limits to have events, simTimeUs, callsPerEvent or some of them, each 1 or more",
      value["limits"],
    ],
    [
      areIntegers(value["clockBounds"], ["skewUs", "driftPpm", "stepUs"], 0, true),
      "clockBounds to have skewUs, driftPpm and stepUs, each 0 or more",
      value["clockBounds"],
    ],
  ];
  for (const [ok, expected, found] of checks) if (!ok) return { expected, found: show(found) };
  return parametersProblem(value["parameters"] as Fields) ?? faultsProblem(value["faults"] as Fields);
}

function parametersProblem(parameters: Fields): Problem | undefined {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (isObject(parameter) && (isIntegerParameter(parameter) || isChoiceParameter(parameter))) continue;
    return {
      expected: `parameter ${name} to have a summary, a type (integer with min, max; choice with choices) and a default among them`,
      found: show(parameter),
    };
  }
  return undefined;
}

function isIntegerParameter(parameter: Fields): boolean {
  const { type, summary, min, max, default: initial } = parameter;
  return (
    type === "integer" &&
    typeof summary === "string" &&
    isInteger(min, -Infinity) &&
    isInteger(max, min) &&
    isInteger(initial, min) &&
    initial <= max
  );
}

function isChoiceParameter(parameter: Fields): boolean {
  const { type, summary, choices, default: initial } = parameter;
  return (
    type === "choice" &&
    typeof summary === "string" &&
    isTexts(choices) &&
    choices.includes(initial as string)
  );
}

function faultsProblem(faults: Fields): Problem | undefined {
  for (const [kind, intensity] of Object.entries(faults)) {
    if (!Object.hasOwn(FAULT_KINDS, kind)) return { expected: "known kinds of fault", found: kind };
    const fits =
      isObject(intensity) &&
      isInteger(intensity["minPpm"], 1) &&
      isInteger(intensity["maxPpm"], intensity["minPpm"]) &&
      intensity["maxPpm"] <= 1_000_000 &&
      (intensity["always"] === undefined || intensity["always"] === true);
    if (!fits) {
      return {
        expected: `fault ${kind} to have 1 <= minPpm <= maxPpm <= 1000000, and always: true or none`,
        found: show(intensity),
      };
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether an optional object has integers under these names (`all`: under each), and nothing else. */
function areIntegers(value: unknown, names: readonly string[], least: number, all: boolean): boolean {
  if (value === undefined) return true;
  if (!isObject(value) || !Object.keys(value).every((name) => names.includes(name))) return false;
  return names.every((name) => (value[name] === undefined ? !all : isInteger(value[name], least)));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isInteger(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
