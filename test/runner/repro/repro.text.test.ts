/** The file of a repro: the same text for the same repro, read back as it was, refused where it is anything else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_FAULT_KINDS } from "#sim/faults/index.js";
import { parseRepro, REPRO_FORMAT, reproText, ReproFormatError, type Repro } from "#runner/repro/index.js";

const name = fc.string({ minLength: 1, maxLength: 12 });
const count = fc.nat();

const repros: fc.Arbitrary<Repro> = fc.record(
  {
    format: fc.constant(REPRO_FORMAT),
    seedstorm: name,
    scenario: name,
    seed: fc.maxSafeNat(),
    parameters: fc.dictionary(name, fc.oneof(fc.integer(), fc.string())),
    swarm: fc.dictionary(fc.constantFrom(...ALL_FAULT_KINDS), count),
    planVersion: count,
    plan: fc.dictionary(name, fc.jsonValue({ noUnicodeString: false }).map(withoutMinusZero)),
    overrides: fc.dictionary(
      name.map((each) => `${each}:1.2.3.4`),
      count,
    ),
    faults: fc.uniqueArray(
      fc
        .record({
          at: count,
          kind: fc.constantFrom(...ALL_FAULT_KINDS),
          node: name,
          timeUs: count,
          target: name,
        })
        .map(({ at, ...fault }) => ({ id: `${fault.kind}@${fault.node}:${at}.0.0`, ...fault })),
      { selector: ({ id }) => id },
    ),
    failure: fc.record({
      invariant: name,
      place: fc.string(),
      message: fc.string(),
      node: fc.string(),
      timeUs: count,
      eventId: count,
    }),
    traceHash: fc.constant("0123456789abcdef"),
    events: count,
  },
  { noNullPrototype: true },
);

/** JSON has none. */
function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

const SAMPLE: Repro = {
  format: REPRO_FORMAT,
  seedstorm: "0.1.0",
  scenario: "wal",
  seed: 7,
  parameters: { operations: 2, policy: "each" },
  swarm: { crash: 5 },
  planVersion: 1,
  plan: {
    appends: [{ client: 0 }, { client: 1 }],
    disk: { metadata: "journaled" },
    names: ["a", "b"],
    none: [],
  },
  overrides: { "network/latency:*": 0 },
  faults: [{ id: "crash@n1:1.0.0", kind: "crash", node: "n1", timeUs: 5, target: "call 3" }],
  failure: { invariant: "wal/hole", place: "", message: "m", node: "n1", timeUs: 6, eventId: 8 },
  traceHash: "0123456789abcdef",
  events: 9,
};

describe("the text of a repro", () => {
  it("is read back as it was", () => {
    fc.assert(
      fc.property(repros, (repro) => {
        expect(parseRepro(reproText(repro), "file")).toEqual(repro);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("has its fields in one order, and an element of a list on each line", () => {
    const shuffled = Object.fromEntries(Object.entries(SAMPLE).toReversed()) as unknown as Repro;
    expect(reproText(shuffled)).toBe(reproText(SAMPLE));
    expect(reproText(SAMPLE)).toMatchInlineSnapshot(`
      "{
        "format": "seedstorm/repro/1",
        "seedstorm": "0.1.0",
        "scenario": "wal",
        "seed": 7,
        "failure": {
          "invariant": "wal/hole",
          "place": "",
          "message": "m",
          "node": "n1",
          "timeUs": 6,
          "eventId": 8
        },
        "traceHash": "0123456789abcdef",
        "events": 9,
        "parameters": {"operations":2,"policy":"each"},
        "swarm": {"crash":5},
        "faults": [
          {"id":"crash@n1:1.0.0","kind":"crash","node":"n1","timeUs":5,"target":"call 3"}
        ],
        "overrides": {"network/latency:*":0},
        "planVersion": 1,
        "plan": {
          "appends": [
            {"client":0},
            {"client":1}
          ],
          "disk": {"metadata":"journaled"},
          "names": ["a","b"],
          "none": []
        }
      }
      "
    `);
  });
});

describe("what is no repro", () => {
  const without = (field: keyof Repro): string => {
    const { [field]: _left, ...rest } = SAMPLE;
    return JSON.stringify(rest);
  };
  it.each([
    ["", "JSON"],
    ["[]", "an object"],
    [without("format"), "format"],
    [JSON.stringify({ ...SAMPLE, format: "seedstorm/repro/2" }), "format"],
    [JSON.stringify({ ...SAMPLE, seed: -1 }), "seed"],
    [JSON.stringify({ ...SAMPLE, seed: 2 ** 53 }), "seed"],
    [JSON.stringify({ ...SAMPLE, faults: [{ id: "x" }] }), "faults"],
    [JSON.stringify({ ...SAMPLE, overrides: { latency: 1 } }), "overrides"],
    [JSON.stringify({ ...SAMPLE, overrides: { "a:1": 1.5 } }), "overrides"],
    [JSON.stringify({ ...SAMPLE, plan: [] }), "plan"],
    [JSON.stringify({ ...SAMPLE, traceHash: "xyz" }), "traceHash"],
    [without("failure"), "failure"],
    [JSON.stringify({ ...SAMPLE, shrunkFrom: {} }), "shrunkFrom"],
    [JSON.stringify({ ...SAMPLE, faults: [SAMPLE.faults[0], SAMPLE.faults[0]] }), "each id once"],
    [JSON.stringify({ ...SAMPLE, faults: [{ ...SAMPLE.faults[0], node: "n2" }] }), "faults"],
    [`{"plan":{"a":${"[".repeat(300_000)}`, "100 levels"],
  ])("is refused: %.60s", (text, about) => {
    expect(() => parseRepro(text, "f.json")).toThrow(ReproFormatError);
    expect(() => parseRepro(text, "f.json")).toThrow(about);
  });
});
