/**
 * JUnit XML, as far as the readers of CI systems agree on it: one testsuite for the scenario, a testcase for
 * each failure, for the seeds that held, and for what the batch as a whole must show.
 */
import { faultsText, replayCommand } from "../failure-line.js";
import { plural, thousands } from "../format.js";
import type { BatchTally, FailureGroup } from "../tally.js";
import type { BatchFacts } from "./facts.js";
import { firstLine, lines, markup, type Markup } from "./markup.js";

interface TestCase {
  readonly name: string;
  /** `failure`, `skipped` or nothing. */
  readonly outcome?: Markup;
}

/** The whole document. */
export function junitXml(tally: BatchTally, facts: BatchFacts): string {
  const cases = testCases(tally, facts);
  const failures = countOf(cases, "<failure");
  const skipped = countOf(cases, "<skipped");
  const seconds = (facts.wallMs / 1_000).toFixed(3);
  const counts = markup`tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds}"`;
  const properties = propertiesOf(facts).map(
    ([name, value]) => markup`      <property name="${name}" value="${value}"/>\n`,
  );
  const elements = cases.map(({ name, outcome }) => {
    const head = markup`    <testcase classname="${facts.scenario}" name="${name}"`;
    return outcome === undefined
      ? markup`${head}/>\n`
      : markup`${head}>\n      ${outcome}\n    </testcase>\n`;
  });
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="seedstorm" ${counts}>
  <testsuite name="${facts.scenario}" ${counts}>
    <properties>
${properties}    </properties>
${elements}  </testsuite>
</testsuites>
`.text;
}

function countOf(cases: readonly TestCase[], element: string): number {
  return cases.filter(({ outcome }) => outcome?.text.startsWith(element)).length;
}

function propertiesOf({ version, input, range }: BatchFacts): [name: string, value: string][] {
  return [
    ["version", version],
    ["seeds", `${range.first}..${range.last ?? ""}`],
    ...[...input.parameters].map(([name, value]): [string, string] => [`param ${name}`, String(value)]),
    ...(input.switches.size === 0 ? [] : [["faults", faultsText(input.switches)] as [string, string]]),
  ];
}

function testCases(tally: BatchTally, facts: BatchFacts): TestCase[] {
  const { pass } = tally.verdicts;
  return [
    ...(pass === 0 ? [] : [{ name: `${plural(pass, "seed")} held` }]),
    ...tally.failures().map((group) => ({ name: group.key, outcome: failureOf(group, facts) })),
    ...(facts.verify === undefined ? [] : [determinism(facts)]),
    coverage(facts),
    ...(facts.end === "interrupted" ? [{ name: "all seeds ran", outcome: interrupted() }] : []),
  ];
}

function failureOf({ count, first }: FailureGroup, facts: BatchFacts): Markup {
  const [finding] = first[0]!.findings;
  const message = finding?.message ?? "";
  const place = finding === undefined || finding.place === "" ? [] : [markup`\nplace: ${finding.place}`];
  const replays = first.map(({ seed }) => markup`\nseed ${seed}: ${replayCommand(facts.input, seed)}`);
  const more = count > first.length ? [markup`\nand ${thousands(count - first.length)} more`] : [];
  return markup`<failure type="${finding?.invariant ?? "none"}" message="${firstLine(message)}">${lines(message)}${place}
${plural(count, "seed")}${replays}${more}</failure>`;
}

function determinism({ verify, input }: BatchFacts): TestCase {
  const name = "determinism";
  if (verify?.divergent === undefined) return { name };
  const message = `seed ${verify.divergent} ran otherwise a second time`;
  const replay = replayCommand(input, verify.divergent);
  return { name, outcome: markup`<failure type="${name}" message="${message}">${replay}</failure>` };
}

function coverage({ judged, vacuous }: BatchFacts): TestCase {
  const name = "coverage";
  if (!judged) {
    return { name, outcome: markup`<skipped message="the batch is too small or was cut short"/>` };
  }
  if (vacuous.length === 0) return { name };
  return {
    name,
    outcome: markup`<failure type="vacuous" message="${vacuous.join("; ")}">${lines(vacuous.join("\n"))}</failure>`,
  };
}

function interrupted(): Markup {
  return markup`<failure type="interrupted" message="the batch was interrupted"/>`;
}
