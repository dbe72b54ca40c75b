/** Whether a command prints annotations for a CI system beside its own lines. */
import { UsageError } from "./errors.js";
import { suggest } from "./input/nearest.js";

const CHOICES = ["github", "none"];

/** `given`: the text of `--annotations`. Without it, GitHub's own runners get theirs. Throws `UsageError`. */
export function wantsAnnotations(given: string | undefined, env: NodeJS.ProcessEnv = process.env): boolean {
  if (given === undefined) return env["GITHUB_ACTIONS"] === "true";
  if (CHOICES.includes(given)) return given === "github";
  throw new UsageError("--annotations", CHOICES.join(" or "), given, suggest(given, CHOICES));
}
