/** Names of repro files: readable, and the same for the same failure wherever it is found. */
import { createHash } from "node:crypto";
import { failureKeyOf, type ReproFailure } from "../repro/index.js";

const HASH_DIGITS = 6;
/** File systems take 255 bytes, and a number and an ending come behind. */
const MAX_WORDS_CHARS = 120;

/**
 * `raft-leader-completeness-1a2b3c`, without an ending: the scenario's name, the invariant without what that
 * name begins with, and a hash of all that tells this failure from others.
 */
export function reproName(scenarioName: string, failure: Pick<ReproFailure, "invariant" | "place">): string {
  const [group, ...rest] = failure.invariant.split("/");
  const isImplied = rest.length > 0 && `${scenarioName}-`.startsWith(`${group}-`);
  const invariant = isImplied ? rest.join("-") : failure.invariant;
  const text = JSON.stringify([scenarioName, failureKeyOf(failure)]);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
  return `${words(`${scenarioName}-${invariant}`)}-${hash}`;
}

/** Lower case words and dashes: what every file system and every shell takes as it is. */
function words(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-|-$/g, "").slice(0, MAX_WORDS_CHARS);
}
