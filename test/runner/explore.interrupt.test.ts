import { expect, test } from "vitest";
import { PLAIN } from "#reports/palette.js";
import { broken } from "#reports/seed-report.js";
import { explore } from "#runner/commands/explore.js";

test("an exploration that was interrupted does not say held", async () => {
  let out = "";
  const output = {
    out: (text: string) => void (out += text),
    err: () => {},
    outPalette: PLAIN,
    errPalette: PLAIN,
    errTerminal: undefined,
    program: "seedstorm",
  };
  const code = await explore({ scenario: "wal", explore: "crashpoints" }, output, AbortSignal.abort());
  expect(code).toBe(130);
  expect(out).toContain("interrupted: not all was explored\n");
  expect(out).not.toContain("held");
});

test("whatever was thrown becomes a report", () => {
  const [finding] = broken("sample", 1, Object.create(null)).findings;
  expect(finding).toMatchObject({
    invariant: "simulator/internal-error",
    message: expect.any(String) as string,
  });
});
