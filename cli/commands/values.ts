/** Takes values out of what yargs parsed. */
import { UsageError } from "#runner/errors.js";

type Parsed = Readonly<Record<string, unknown>>;

/** The value of an option that may come once. Throws `UsageError` where it came twice. */
export function text(args: Parsed, name: string): string | undefined {
  const value = args[name];
  if (Array.isArray(value)) {
    throw new UsageError(`--${name}`, "it once", `it ${value.length} times`, "leave one out");
  }
  return value as string | undefined;
}

/** The same as a property, missing where the option is. Throws `UsageError` where it is empty. */
export function option<N extends string>(args: Parsed, name: N): { readonly [K in N]?: string } {
  const value = text(args, name);
  if (value === "") throw new UsageError(`--${name}`, "a value", value, "give one, or leave it out");
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: string };
}

/** An option that may come several times, as a property. */
export function texts<N extends string>(args: Parsed, name: N): { readonly [K in N]?: readonly string[] } {
  const value = args[name];
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: readonly string[] };
}
