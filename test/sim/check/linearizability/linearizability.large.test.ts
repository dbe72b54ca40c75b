// What the fast paths are for. No times are checked here: the steps tell which path decided.
import { describe, expect, it } from "vitest";
import { checkLinearizable, keyValueModel } from "#sim/check/linearizability/index.js";
import { largeHistory, type LargeOperation, type LargeShape } from "./large-histories.js";

const model = keyValueModel();
const fortyClients = { seed: 1, clients: 40, operations: 40_000, keys: 1 };

/** Makes one late read answer what an early one did. */
function spoil(history: readonly LargeOperation[]): LargeOperation {
  const reads = history.filter(({ input }) => input.op === "get");
  const late = reads[Math.floor(reads.length * 0.9)]!;
  late.output = reads[Math.floor(reads.length * 0.2)]!.output;
  return late;
}

describe("large histories", () => {
  it.each<[string, LargeShape]>([
    ["reads and unique writes of 40 clients", { ...fortyClients, words: ["get", "put"] }],
    ["with compare-and-sets that match", { ...fortyClients, words: ["get", "put", "sure-cas"] }],
    ["with compare-and-sets that do or don't match", { ...fortyClients, words: ["get", "put", "cas"] }],
    [
      "of 100 keys",
      { seed: 2, clients: 10, operations: 100_000, keys: 100, words: ["get", "put", "sure-cas"] },
    ],
  ])("are decided without a search: %s", (_, shape) => {
    const history = largeHistory(shape);
    expect(checkLinearizable(model, history)).toEqual({ verdict: "linearizable", steps: 0 });
    const operation = spoil(history);
    expect(checkLinearizable(model, history)).toMatchObject({
      verdict: "violation",
      explanation: { operation },
    });
  });

  it.each<[string, LargeShape, number]>([
    [
      "appends of 10 clients",
      { seed: 3, clients: 10, operations: 2_000, keys: 1, words: ["get", "append"] },
      20,
    ],
    [
      "appends of 40 clients",
      { seed: 4, clients: 40, operations: 1_000, keys: 1, words: ["get", "append"] },
      100,
    ],
    [
      "a bit of everything",
      { seed: 5, clients: 10, operations: 5_000, keys: 5, words: ["get", "put", "append", "cas", "delete"] },
      100,
    ],
  ])("take few steps an operation where they are searched: %s", (_, shape, stepsEach) => {
    const history = largeHistory(shape);
    const found = checkLinearizable(model, history);
    expect(found.verdict).toBe("linearizable");
    expect(found.steps).toBeLessThan(stepsEach * history.length);
    spoil(history);
    expect(checkLinearizable(model, history)).toMatchObject({
      verdict: "violation",
      explanation: { certain: true },
    });
  });
});
