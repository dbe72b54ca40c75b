/** What a batch says to CI systems and on its page, as text. */
import { describe, expect, test } from "vitest";
import { annotations } from "#reports/batch/annotations.js";
import { batchVerdict } from "#reports/batch/facts.js";
import { junitXml } from "#reports/batch/junit.js";
import { batchPage } from "#reports/batch/page.js";
import { BatchTally } from "#reports/tally.js";
import { unfinished } from "#reports/seed-report.js";
import { batchFacts, failingReport, seedReport } from "../support/reports.js";

const ODD = `50% of "it" <broke>, & \u001b[2J\u0000 \ud800: yes\r\nsecond line`;

function brokenTally(): BatchTally {
  const tally = new BatchTally();
  tally.add(seedReport(0));
  tally.add(failingReport(1, "sample/odd,name:x", ODD));
  for (let seed = 2; seed < 15; seed++) tally.add(failingReport(seed));
  tally.add(unfinished("sample", 15, "hung", "over its time"));
  return tally;
}

describe("JUnit XML", () => {
  test("has a testcase for what held, for each failure and for coverage", () => {
    const parameters = new Map([["size", 7]]);
    const input = { ...batchFacts().input, parameters, switches: new Map([["crash", false] as const]) };
    const xml = junitXml(brokenTally(), batchFacts({ input, range: { first: 0, last: 15 } }));
    const command = (seed: number): string =>
      `seedstorm replay sample --seed ${seed} --param size=7 --faults=-crash`;
    const kept = Array.from({ length: 10 }, (_, i) => `seed ${i + 2}: ${command(i + 2)}\n`).join("");
    expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="seedstorm" tests="5" failures="3" errors="0" skipped="1" time="1.500">
  <testsuite name="sample" tests="5" failures="3" errors="0" skipped="1" time="1.500">
    <properties>
      <property name="version" value="1.2.3"/>
      <property name="seeds" value="0..15"/>
      <property name="param size" value="7"/>
      <property name="faults" value="-crash"/>
    </properties>
    <testcase classname="sample" name="1 seed held"/>
    <testcase classname="sample" name="sample/odd,name:x">
      <failure type="sample/odd,name:x" message="50% of &quot;it&quot; &lt;broke&gt;, &amp; \\u001b[2J\\u0000 \\ud800: yes">50% of &quot;it&quot; &lt;broke&gt;, &amp; \\u001b[2J\\u0000 \\ud800: yes
second line
1 seed
seed 1: ${command(1)}</failure>
    </testcase>
    <testcase classname="sample" name="sample/broken">
      <failure type="sample/broken" message="it broke">it broke
13 seeds
${kept}and 3 more</failure>
    </testcase>
    <testcase classname="sample" name="limits/hung">
      <failure type="limits/hung" message="over its time">over its time
1 seed
seed 15: ${command(15)}</failure>
    </testcase>
    <testcase classname="sample" name="coverage">
      <skipped message="the batch is too small or was cut short"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test("vacuity, a seed that is not deterministic and an interruption are failures", () => {
    const tally = new BatchTally();
    tally.add(seedReport(0));
    const vacuous = ["mark a was never reached", "mark <b> was never reached"];
    const verify = { same: 0, divergent: 7 };
    const xml = junitXml(tally, batchFacts({ vacuous, judged: true, verify, end: "interrupted" }));
    expect(xml).toContain('tests="4" failures="3" errors="0" skipped="0"');
    expect(xml).toContain("mark a was never reached\nmark &lt;b&gt; was never reached</failure>");
    expect(xml).toContain(
      '<failure type="determinism" message="seed 7 ran otherwise a second time">seedstorm replay sample --seed 7</failure>',
    );
    expect(xml).toContain('<failure type="interrupted"');
  });

  test("a covered batch that held has no failure", () => {
    const tally = new BatchTally();
    tally.add(seedReport(0));
    const xml = junitXml(tally, batchFacts({ judged: true }));
    expect(xml).toContain('tests="2" failures="0" errors="0" skipped="0"');
    expect(xml).not.toContain("<failure");
  });
});

describe("annotations", () => {
  test("are a line for each failure, escaped as GitHub reads them", () => {
    expect(annotations(brokenTally(), batchFacts())).toBe(
      String.raw`::error title=sample%3A sample/odd%2Cname%3Ax::50%25 of "it" <broke>, & \u001b[2J\u0000 ` +
        `\ud800${String.raw`: yes\r\nsecond line`}%0A1 seed, the first is 1%0Aseedstorm replay sample --seed 1\n` +
        `::error title=sample%3A sample/broken::it broke%0A13 seeds, the first is 2%0Aseedstorm replay sample --seed 2\n` +
        `::error title=sample%3A limits/hung::over its time%0A1 seed, the first is 15%0Aseedstorm replay sample --seed 15\n`,
    );
  });

  test("name what makes a batch vacuous, and the seed that is not deterministic", () => {
    const facts = batchFacts({
      vacuous: ["mark a was never reached", "100%"],
      verify: { same: 0, divergent: 7 },
    });
    expect(annotations(new BatchTally(), facts)).toBe(
      "::error title=sample%3A not deterministic::seed 7 ran otherwise a second time%0Aseedstorm replay sample --seed 7\n" +
        "::error title=sample%3A vacuous::mark a was never reached%0A100%25\n",
    );
    expect(annotations(new BatchTally(), batchFacts())).toBe("");
  });
});

describe("the verdict", () => {
  test("is the gravest that applies", () => {
    const held = new BatchTally();
    held.add(seedReport(0));
    const vacuous = ["mark a was never reached"];
    const verify = { same: 0, divergent: 1 };
    expect(batchVerdict(held, batchFacts())).toBe("held");
    expect(batchVerdict(held, batchFacts({ vacuous }))).toBe("vacuous");
    expect(batchVerdict(brokenTally(), batchFacts({ vacuous }))).toBe("broken");
    expect(batchVerdict(brokenTally(), batchFacts({ vacuous, verify }))).toBe("not deterministic");
    expect(batchVerdict(brokenTally(), batchFacts({ verify, end: "interrupted" }))).toBe("interrupted");
  });
});

describe("the page", () => {
  const page = (tally: BatchTally, over: Parameters<typeof batchFacts>[0] = {}): string =>
    batchPage(tally, batchFacts(over));

  test("says how it ended, names each failure with its command, and lets nothing of theirs into the markup", () => {
    const html = page(brokenTally());
    expect(html).toContain("<title>✗ sample: broken, 16 seeds</title>");
    expect(html).toContain("15 of 16 seeds failed, in 3 ways.");
    expect(html).toContain("50% of &quot;it&quot; &lt;broke&gt;, &amp; \\u001b[2J");
    expect(html).toContain('<code class="command">seedstorm replay sample --seed 2</code>');
    expect(html).toContain("<h3>limits/hung</h3>");
    expect(html).toContain("<summary>9 more of 12</summary>");
    expect(html).not.toContain("<broke>");
  });

  test("has the first line of a message as its headline, and the others on lines of their own", () => {
    const html = page(brokenTally());
    expect(html).toContain("\\ud800: yes</p>");
    expect(html).toContain("<pre>second line</pre>");
    expect(html).not.toContain("\\nsecond");
    const tally = new BatchTally();
    tally.add(failingReport(1, "sample/long", `${"x".repeat(9_000)}\nend`));
    expect(page(tally)).toContain(`<p>${"x".repeat(300)}…</p>`);
    expect(page(tally)).toContain("<details><summary>more of the message</summary><pre>xxx");
  });

  test("needs nothing from elsewhere and runs nothing", () => {
    const html = page(brokenTally());
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|url\(|@import|https?:/);
    expect(html).toContain("default-src 'none'");
  });

  test("flags a fault that changed nothing and a mark that is missing", () => {
    const tally = new BatchTally();
    const idle = { planned: 3, refused: 1, injected: 2, reached: 1, changed: 0 };
    tally.add(seedReport(0, { enabled: ["crash"], faults: { crash: idle }, marks: { "a/seen": 3 } }));
    const html = page(tally, {
      mustReach: ["a/never"],
      vacuous: ["mark a/never was never reached"],
      judged: true,
    });
    expect(html).toContain('<span class="flag">⚠ 0 of 3</span>');
    expect(html).toContain('<span class="flag">⚠ never reached</span>');
    expect(html).toContain("<li>mark a/never was never reached</li>");
    expect(html).toContain('<th scope="row">a/<wbr>seen</th>');
  });

  test("draws every figure that varies, says what a constant one always is, and has all in a table", () => {
    const tally = new BatchTally();
    for (let seed = 0; seed < 3; seed++) {
      tally.add(seedReport(seed, { counts: { commits: seed * 10, servers: 3, latencyUs: 1_500 + seed } }));
    }
    const html = page(tally);
    expect(html).toContain('aria-label="commits: from 0 to 20, median 10"');
    expect(html).toContain("always 3");
    expect(html).toContain('<tr><th scope="row">latencyUs</th><td>1.50 ms</td>');
  });

  test("of a batch without a seed is a page too", () => {
    expect(page(new BatchTally(), { end: "interrupted", rate: { widthMs: 125, seeds: [] } })).toContain(
      "Interrupted: 0 seeds held until then.",
    );
  });
});
