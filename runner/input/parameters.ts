import type { Parameter, Scenario } from "#sim/scenario.js";
import { UsageError } from "../errors.js";
import { parseInteger } from "./integer.js";
import { suggest } from "./nearest.js";

/**
 * The values of `--param name=value`, checked against the scenario. Throws `UsageError` for a name that the
 * scenario does not have or that comes twice, and for a value that does not fit.
 */
export function parseParameters(scenario: Scenario, texts: readonly string[]): Map<string, number | string> {
  const values = new Map<string, number | string>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1) {
      throw new UsageError("--param", "name=value", JSON.stringify(text), "write it as operations=500");
    }
    const name = text.slice(0, equals);
    const parameter = Object.hasOwn(scenario.parameters, name) ? scenario.parameters[name] : undefined;
    if (parameter === undefined) {
      const names = Object.keys(scenario.parameters);
      throw new UsageError("--param", `a parameter of ${scenario.name}`, name, suggest(name, names));
    }
    if (values.has(name)) {
      throw new UsageError("--param", "each parameter once", `${name} twice`, "leave one out");
    }
    values.set(name, parseValue(name, parameter, text.slice(equals + 1)));
  }
  return values;
}

function parseValue(name: string, parameter: Parameter, text: string): number | string {
  const where = `--param ${name}`;
  if (parameter.type === "integer") return parseInteger(where, text, parameter.min, parameter.max);
  if (parameter.choices.includes(text)) return text;
  throw new UsageError(where, "one of its choices", JSON.stringify(text), suggest(text, parameter.choices));
}
