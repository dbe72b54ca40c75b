/** Sessions over scenarios, and what they said. */
import { fileURLToPath } from "node:url";
import { runSeed } from "#sim/run-seed.js";
import type { Scenario } from "#sim/scenario.js";
import { UsageError } from "#runner/errors.js";
import { Session } from "#runner/travel/session.js";
import { subjectOf, type Subject } from "#runner/travel/subject.js";

/** Fails at 0.002421s, in event 45, for seed 0. */
export const CARELESS_LOG: string = fileURLToPath(
  new URL("../../../docs/examples/careless-log.mjs", import.meta.url),
);

/** The careless log with this seed, called as a user would in the repository. */
export async function carelessLog(seed: number): Promise<Subject> {
  const subject = await subjectOf({ scenario: CARELESS_LOG, seed: String(seed) }, "seedstorm");
  return { ...subject, command: `seedstorm replay careless-log --seed ${seed}` };
}

/** A scenario of the test's own. */
export function subjectFor(scenario: Scenario, seed: number): Subject {
  return {
    scenario,
    seed,
    command: `seedstorm replay ${scenario.name} --seed ${seed}`,
    run: (options) => runSeed(scenario, { ...options, seed }),
    compare: () => [],
  };
}

/** What the session answers, each command in front of its answer. */
export async function transcript(session: Session, commands: readonly string[]): Promise<string> {
  let text = "";
  for (const command of commands) {
    text += `> ${command}\n`;
    for (const line of await answer(session, command)) text += `${line}\n`;
  }
  return text;
}

async function answer(session: Session, command: string): Promise<string[]> {
  try {
    return await session.execute(command);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [`! ${error.line}`];
  }
}
